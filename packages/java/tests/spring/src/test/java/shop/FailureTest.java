package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import io.github.oauthmimic.Provider;
import io.github.oauthmimic.spring.EnableOAuthMimic;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

class FailureTest {
    /** A test that fails; this class runs it. */
    @SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
    @EnableOAuthMimic(clientRegistration = "shop")
    static class Failing {
        @Test
        void fails(@Autowired Provider provider) {
            provider.nextLogin(Map.of("user", "alice"));
            provider.authorize(provider.authorizationUrl() + "?client_id=web");
        }
    }

    @Test
    void aFailedTestPrintsItsRequests() {
        var listener = new SummaryGeneratingListener();
        var error = System.err;
        var captured = new ByteArrayOutputStream();
        System.setErr(new PrintStream(captured, true));
        try {
            LauncherFactory.create().execute(request().selectors(selectClass(Failing.class)).build(), listener);
        } finally {
            System.setErr(error);
        }
        assertEquals(1, listener.getSummary().getTestsFailedCount());
        var printed = captured.toString();
        assertTrue(printed.contains("oauth-mimic: the requests of the sandbox "), printed);
        assertTrue(printed.contains("/connect/oauth/authorize -> 400 refused client_id=\"web\""), printed);
    }
}
