package mimic;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The README's example for JUnit. */
class ProviderTest {
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

    /** JSON with `base_url` and `endpoints`: token, jwks, metadata, control. */
    static String newProvider() throws Exception {
        var request = HttpRequest.newBuilder(URI.create(mimic + "/_mimic/sandboxes"))
                .POST(BodyPublishers.noBody())
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    }

    @Test
    void everyTestHasAProviderOfItsOwn() throws Exception {
        assertTrue(newProvider().contains(mimic + "/s/"));
    }
}
