package io.github.oauthmimic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class WithArgumentsTest {
    @RegisterExtension
    static OAuthMimic mimic = OAuthMimic.with("--profile", "standard");

    static Provider shared;

    @BeforeAll
    static void theClassHasAProviderToo(Provider provider) {
        shared = provider;
    }

    @Test
    void theServerHasTheArguments(Provider provider) {
        assertTrue(provider.tokenUrl().endsWith("/oauth2/token"), provider.tokenUrl());
        assertNotEquals(shared.id(), provider.id());
        shared.now();
    }

    @Nested
    class Inside {
        @Test
        void anEnclosingClassHasTheExtension(Provider provider, TokenServer server) {
            assertEquals(shared.server(), server);
            assertNotEquals(shared.id(), provider.id());
        }
    }
}
