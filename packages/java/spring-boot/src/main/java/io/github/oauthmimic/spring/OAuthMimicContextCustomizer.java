package io.github.oauthmimic.spring;

import io.github.oauthmimic.NewSandbox;
import io.github.oauthmimic.TokenServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.MapPropertySource;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;

/**
 * Makes the sandbox of a context, and configures the context for it. Two that are equal belong to the same context: Spring compares
 * them to find it again.
 *
 * @param registration the client registration; empty for none
 * @param args arguments of the server
 */
record OAuthMimicContextCustomizer(String registration, List<String> args) implements ContextCustomizer {
    /** The servers of the virtual machine, by their arguments. They end with it: contexts are kept until then, too. */
    private static final Map<List<String>, TokenServer> SERVERS = new ConcurrentHashMap<>();

    @Override
    public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
        var server = SERVERS.computeIfAbsent(args, each -> TokenServer.start(each.toArray(String[]::new)));
        var label = configuration.getTestClass().getName().replaceFirst("^.*\\.", "");
        var provider = server.sandbox(new NewSandbox().label(label));
        var environment = context.getEnvironment();
        var sandbox = new ContextSandbox(provider, registration, environment);
        // Discovery at the start of the context needs no client, but a bean that gets a token then does.
        sandbox.putClient();

        Map<String, Object> properties = new LinkedHashMap<>();
        var security = "spring.security.oauth2.";
        properties.put(security + "resourceserver.jwt.issuer-uri", provider.issuer());
        properties.put(security + "resourceserver.jwt.jwk-set-uri", provider.jwksUrl());
        if (!registration.isEmpty()) {
            var client = security + "client.registration." + registration + ".";
            properties.put(security + "client.provider." + registration + ".issuer-uri", provider.issuer());
            properties.put(client + "provider", registration);
            properties.put(client + "client-id", registration);
            properties.put(client + "client-secret", ContextSandbox.SECRET);
            if (!environment.containsProperty(client + "scope") && !environment.containsProperty(client + "scope[0]")) {
                properties.put(client + "scope", "openid,profile,email");
            }
        }
        environment.getPropertySources().addFirst(new MapPropertySource("oauth-mimic", properties));

        context.getBeanFactory().registerSingleton("oauthMimicProvider", provider);
        context.getBeanFactory().registerSingleton("oauthMimicContextSandbox", sandbox);
        context.addApplicationListener(event -> {
            if (event instanceof ContextClosedEvent closed && closed.getApplicationContext() == context) {
                provider.close();
            }
        });
    }
}
