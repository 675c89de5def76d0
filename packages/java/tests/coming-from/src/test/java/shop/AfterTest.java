package shop;

import static io.github.oauthmimic.Expectation.exactly;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.oauthmimic.OAuthMimic;
import io.github.oauthmimic.Provider;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OAuthMimic.class)
class AfterTest {
    @Test
    void theApiAcceptsATokenOfAlice(Provider provider) throws Exception {
        var claims = Map.of("aud", "api", "role", "admin");
        var token = provider.mint(Map.of("kind", "access_token", "sub", "alice", "claims", claims)).token();
        assertEquals("alice", Shop.userOf(token, provider.issuer(), provider.jwksUrl()));
    }

    @Test
    void theClientGetsAToken(Provider provider) throws Exception {
        provider.putClient(Map.of(
                "client_id", "shop",
                "client_secret", "s3cret",
                "grant_types", List.of("client_credentials"),
                "scope", "read"));
        assertEquals(200, Shop.requestToken(provider.tokenUrl(), "shop", "s3cret"));
        assertEquals(401, Shop.requestToken(provider.tokenUrl(), "shop", "wrong"));
        provider.verify(Map.of("endpoint", "token", "status", 200), exactly(1));
    }
}
