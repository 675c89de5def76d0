package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.oauthmimic.Provider;
import io.github.oauthmimic.spring.EnableOAuthMimic;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "server.servlet.context-path=/shop",
            "spring.security.oauth2.client.registration.shop.scope=openid"
        })
@EnableOAuthMimic(clientRegistration = "shop", args = {"--profile", "standard"})
@Import(AccessTokens.class)
class StandardProfileTest {
    @Autowired
    Provider provider;

    @Value("http://localhost:${local.server.port}/shop/api/orders")
    URI orders;

    @Autowired
    Environment environment;

    int status(Map<String, ?> token) throws Exception {
        var request = HttpRequest.newBuilder(orders)
                .header("Authorization", "Bearer " + provider.mint(token).token())
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
    }

    @Test
    void accessTokensAreAccepted() throws Exception {
        assertEquals(200, status(Map.of("kind", "access_token")));
        assertEquals(401, status(Map.of("kind", "access_token", "defect", Map.of("kind", "expired"))));
        assertEquals(401, status(Map.of("kind", "id_token")));
    }

    @Test
    void theDefaultOfSpringSecurityRefusesThem() {
        var decoder = NimbusJwtDecoder.withJwkSetUri(provider.jwksUrl()).build();
        var token = provider.mint(Map.of("kind", "access_token")).token();
        assertThrows(JwtException.class, () -> decoder.decode(token));
    }

    @Test
    void theApplicationKeepsItsScopeAndItsPath() {
        assertEquals("openid", environment.getProperty("spring.security.oauth2.client.registration.shop.scope"));
        provider.nextLogin();
        var response = provider.authorize(provider.authorizationUrl()
                + "?response_type=code&client_id=shop&redirect_uri=http://localhost/shop/login/oauth2/code/shop");
        assertNotNull(response.code());
    }
}
