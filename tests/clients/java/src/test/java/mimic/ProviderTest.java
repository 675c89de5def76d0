package mimic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProviderTest {
    static final HttpClient HTTP = HttpClient.newHttpClient();
    static Process server;
    static String mimic;

    @BeforeAll
    static void start() throws Exception {
        server = new ProcessBuilder("oauth-mimic", "--port", "0", "--log", "off").start();
        mimic = server.inputReader().readLine().replace("listening on ", "");
    }

    @AfterAll
    static void stop() {
        server.destroy();
    }

    /** Makes a provider for one test, and returns its base URL. */
    static String newProvider() throws Exception {
        var sandbox = post(mimic + "/_mimic/sandboxes", "").body();
        // Use a JSON reader of your project. `issuer` and `endpoints` are there, too.
        return sandbox.replaceAll(".*\"base_url\":\"([^\"]*)\".*", "$1");
    }

    static HttpResponse<String> post(String url, String json) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json))
                .build();
        return HTTP.send(request, BodyHandlers.ofString());
    }

    @Test
    void aProviderPublishesItsKeys() throws Exception {
        var provider = newProvider();
        var jwks = HttpRequest.newBuilder(URI.create(provider + "/connect/.well-known/jwks.json")).build();
        assertEquals(200, HTTP.send(jwks, BodyHandlers.ofString()).statusCode());
        var expected = "{\"filter\": {\"endpoint\": \"jwks\"}, \"exactly\": 1}";
        assertEquals(200, post(provider + "/_mimic/verify", expected).statusCode());
    }
}
