package io.github.oauthmimic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenServerTest {
    static Map<String, String> environment(String... more) {
        Map<String, String> environment = new HashMap<>(System.getenv());
        for (var index = 0; index < more.length; index += 2) {
            environment.put(more[index], more[index + 1]);
        }
        return environment;
    }

    @Test
    void theServerEndsWithAVirtualMachineThatIsKilled() throws Exception {
        var process = Child.start("hang", Map.of()).start();
        var line = process.inputReader().readLine();
        assertTrue(line.startsWith("server: "), line);
        var address = URI.create(line.substring("server: ".length()));
        process.destroyForcibly().waitFor();
        // The server ends its connections, and then accepts none. It ends an idle one after some seconds in any case.
        var deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        var gone = false;
        while (!gone) {
            assertTrue(System.nanoTime() < deadline, "the server is still there");
            try (var connection = new Socket(address.getHost(), address.getPort())) {
                connection.setSoTimeout(10_000);
                connection.getInputStream().readAllBytes();
            } catch (ConnectException e) {
                gone = true;
            } catch (IOException e) {
                // The connection ended before its answer.
            }
        }
    }

    @Test
    void aServerEndsWhenItIsClosed() throws Exception {
        String url;
        try (var server = TokenServer.start()) {
            url = server.url() + "/_mimic/health";
            assertEquals(200, Client.get(url));
            assertEquals(Version.VERSION, server.version());
        }
        assertThrows(ConnectException.class, () -> Client.get(url));
    }

    @Test
    void aServerThatRunsIsUsedAndNotStopped() throws Exception {
        try (var running = TokenServer.start()) {
            try (var server = TokenServer.start(environment("OAUTH_MIMIC_URL", running.url() + "/"), "--nonsense")) {
                assertEquals(running.url(), server.url());
            }
            assertEquals(200, Client.get(running.url() + "/_mimic/health"));
        }
    }

    @Test
    void aServerThatDoesNotStartGivesItsReason() {
        var message = assertThrows(MimicException.class, () -> TokenServer.start("--profile", "nonsense")).getMessage();
        assertTrue(message.contains("nonsense") && message.contains("exit status"), message);
    }

    @Test
    void theControlTokenIsSent() throws Exception {
        try (var server = TokenServer.start(environment("OAUTH_MIMIC_CONTROL_TOKEN", "a-secret"));
                var provider = server.sandbox()) {
            provider.now();
            assertEquals(401, Client.get(provider.controlUrl() + "/clock"));
        }
    }

    @ParameterizedTest
    @CsvSource({"0.1.0,false", "0.1.77,false", "0.2.0,true", "1.1.0,true", "10.1.0,true"})
    void anotherVersionGivesAWarning(String version, boolean warns) throws Exception {
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            var body = ("{\"version\": \"" + version + "\"}").getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        var url = "http://127.0.0.1:" + server.getAddress().getPort();
        var output = Child.output("version", Map.of("OAUTH_MIMIC_URL", url));
        server.stop(0);
        assertEquals(warns, output.contains("warning: the server has version " + version), output);
    }

    static List<String> labels(TokenServer server) {
        return Json.objects(server.control().send("GET", "/sandboxes", null).get("sandboxes")).stream()
                .map(sandbox -> String.valueOf(sandbox.get("label")))
                .sorted()
                .toList();
    }

    @Test
    void aFailedTestPrintsItsRequestsAndSandboxesAreRemoved() throws Exception {
        try (var server = TokenServer.start()) {
            var output = Child.output("fail", Map.of("OAUTH_MIMIC_URL", server.url(), "OAUTH_MIMIC_KEEP", ""));
            var console = output.replaceAll("(?s).*console: (\\S+).*", "$1");
            for (var part : List.of(
                    "failed: 1",
                    "the requests of the sandbox Child$Failing fails, console " + console,
                    "/connect/oauth/token -> 4",
                    "client_id=\"CLIENT_ID\"",
                    "refusal=\"",
                    "the requests of the sandbox Child$Failing, console",
                    "/openid-configuration -> 200")) {
                assertTrue(output.contains(part), part + " is missing: " + output);
            }
            assertFalse(output.contains("sandbox Child$Failing passes"), output);
            assertEquals(List.of(), labels(server));
        }
    }

    @Test
    void sandboxesAreKeptOnRequest() throws Exception {
        try (var server = TokenServer.start()) {
            Child.output("fail", Map.of("OAUTH_MIMIC_URL", server.url(), "OAUTH_MIMIC_KEEP", "1"));
            assertEquals(List.of("Child$Failing", "Child$Failing fails", "Child$Failing passes"), labels(server));
        }
    }

    @Test
    void aLongLabelIsCut() {
        try (var server = TokenServer.start();
                var provider = server.sandbox(new NewSandbox().label("\ud83d\ude00".repeat(200)))) {
            assertEquals("\ud83d\ude00".repeat(128), provider.label());
            assertNotEquals("", provider.id());
        }
    }
}
