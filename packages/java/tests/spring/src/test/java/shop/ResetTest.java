package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.oauthmimic.Provider;
import io.github.oauthmimic.spring.EnableOAuthMimic;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.ApplicationContext;

/** The configuration is that of ShopTest: Spring keeps its context, and the sandbox of the context. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@EnableOAuthMimic(clientRegistration = "shop")
class ResetTest {

    @Autowired
    Provider provider;

    @Autowired
    ApplicationContext context;

    @RepeatedTest(2)
    void eachTestStartsWithTheInitialState() {
        assertEquals(0, provider.requests().size());
        assertEquals(0, provider.faults().size());
        assertTrue(provider.users().stream().noneMatch(user -> user.get("sub").equals("left-over")));
        assertTrue(provider.clients().stream().anyMatch(client -> client.get("client_id").equals("shop")));
        provider.putUser(Map.of("sub", "left-over"));
        provider.failNext(1);
        provider.removeClient("shop");
        provider.advance(86_400);
    }

    @Test
    void aContextHasOneSandbox() {
        assertEquals(provider.issuer(), context.getEnvironment().getProperty("spring.security.oauth2.client.provider.shop.issuer-uri"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost", "http://localhost:${local.server.port}", "http://127.0.0.1:1234"})
    void theClientHasItsRedirectUris(String origin) {
        var uri = context.getEnvironment().resolveRequiredPlaceholders(origin) + "/login/oauth2/code/shop";
        provider.nextLogin();
        var request = provider.authorizationUrl() + "?response_type=code&client_id=shop&redirect_uri=" + uri;
        assertTrue(provider.authorize(request).url().toString().startsWith(uri + "?code="));
    }

    @Nested
    class Inside {
        @Test
        void anEnclosingClassHasTheAnnotation(@Autowired Provider same) {
            assertEquals(provider.id(), same.id());
        }
    }
}
