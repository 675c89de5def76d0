package io.github.oauthmimic.spring;

import io.github.oauthmimic.Provider;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.core.env.Environment;

/**
 * The sandbox of a context, with the client of its application.
 *
 * @param provider the sandbox
 * @param registration the client registration; empty for none
 * @param environment the environment of the context
 */
record ContextSandbox(Provider provider, String registration, Environment environment) {
    static final String SECRET = "oauth-mimic-secret";

    /** Returns the sandbox to its initial state: that in which the context started. */
    void reset() {
        provider.reset();
        putClient();
    }

    /** Adds the client, if the application is one. */
    void putClient() {
        if (registration.isEmpty()) {
            return;
        }
        var path = environment.getProperty("server.servlet.context-path", "") + "/login/oauth2/code/" + registration;
        // The port is known after the start of the context, so for all tests.
        var port = environment.getProperty("local.server.port", environment.getProperty("server.port", "8080"));
        var origins = Stream.of("http://localhost", "http://127.0.0.1", "http://localhost:" + port);
        provider.putClient(Map.of(
                "client_id", registration,
                "client_secret", SECRET,
                "grant_types", List.of("authorization_code", "refresh_token", "client_credentials"),
                "redirect_uris", origins.map(origin -> origin + path).toList()));
    }
}
