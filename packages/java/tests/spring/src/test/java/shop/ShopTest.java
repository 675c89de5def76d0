package shop;

import static io.github.oauthmimic.Expectation.exactly;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.oauthmimic.Provider;
import io.github.oauthmimic.spring.EnableOAuthMimic;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@EnableOAuthMimic(clientRegistration = "shop")
class ShopTest {
    @Autowired
    Provider provider;

    @Value("http://localhost:${local.server.port}")
    String shop;

    final HttpClient browser =
            HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

    HttpResponse<String> get(String url, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url));
        for (var header = 0; header < headers.length; header += 2) {
            request.header(headers[header], headers[header + 1]);
        }
        return browser.send(request.build(), BodyHandlers.ofString());
    }

    /** The answer of the API to a token. */
    HttpResponse<String> orders(Map<String, ?> token) throws Exception {
        return get(shop + "/api/orders", "Authorization", "Bearer " + provider.mint(token).token());
    }

    @Test
    void theApiNeedsAToken() throws Exception {
        assertEquals(401, get(shop + "/api/orders").statusCode());
        var good = orders(Map.of("kind", "access_token", "sub", "alice"));
        assertEquals("orders of alice", good.body());
    }

    @Test
    void theApiRefusesBrokenTokens() throws Exception {
        for (var defect : new String[] {"expired", "wrong_issuer", "foreign_key", "alg_none"}) {
            var broken = orders(Map.of("kind", "access_token", "defect", Map.of("kind", defect)));
            assertEquals(401, broken.statusCode(), defect);
        }
    }

    @Test
    void aliceLogsIn() throws Exception {
        var toProvider = get(shop + "/oauth2/authorization/shop").headers().firstValue("Location");
        provider.nextLogin(Map.of("user", "alice"));
        var response = provider.authorize(toProvider.orElseThrow());
        get(response.url().toString());
        assertEquals("hello alice", get(shop + "/").body());
        provider.verify(Map.of("endpoint", "token", "client_id", "shop"), exactly(1));
    }

    @Test
    void aUserMayDenyTheLogin() throws Exception {
        var toProvider = get(shop + "/oauth2/authorization/shop").headers().firstValue("Location");
        provider.nextLogin(Map.of("deny", true));
        var response = provider.authorize(toProvider.orElseThrow());
        assertEquals("access_denied", response.error());
        get(response.url().toString());
        assertEquals(302, get(shop + "/").statusCode());
        provider.verify(Map.of("endpoint", "token"), exactly(0));
    }
}
