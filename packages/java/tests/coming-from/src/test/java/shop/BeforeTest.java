package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BeforeTest {
    final MockOAuth2Server server = new MockOAuth2Server();

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.shutdown();
    }

    @Test
    void theApiAcceptsATokenOfAlice() throws Exception {
        var token = server.issueToken("default", "alice", "api", Map.of("role", "admin")).serialize();
        assertEquals("alice", Shop.userOf(token, server.issuerUrl("default").toString(), server.jwksUrl("default").toString()));
    }

    @Test
    void theClientGetsAToken() throws Exception {
        assertEquals(200, Shop.requestToken(server.tokenEndpointUrl("default").toString(), "any", "thing"));
        assertEquals("/default/token", server.takeRequest().getPath());
    }
}
