package mimic;

import static mimic.Sandbox.claims;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.converter.FormHttpMessageConverter;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.oauth2.client.ClientAuthorizationException;
import org.springframework.security.oauth2.client.OAuth2AuthorizationContext;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.RefreshTokenOAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.endpoint.OAuth2RefreshTokenGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientRefreshTokenTokenResponseClient;
import org.springframework.security.oauth2.client.http.OAuth2ErrorResponseErrorHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthorizationException;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.endpoint.OAuth2AccessTokenResponse;
import org.springframework.security.oauth2.core.http.converter.OAuth2AccessTokenResponseHttpMessageConverter;
import org.springframework.web.client.HttpServerErrorException;
import org.springframework.web.client.RestClient;

class SpringRefreshTest {
    private final Sandbox sandbox = Sandbox.documented();
    private final RestClientRefreshTokenTokenResponseClient client = new RestClientRefreshTokenTokenResponseClient();

    @AfterEach
    void close() {
        sandbox.close();
    }

    static ClientRegistration registration(Sandbox sandbox, String client) {
        return ClientRegistration.withRegistrationId(client)
                .clientId(client)
                .clientSecret(client + "-secret")
                .clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
                .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
                .redirectUri("http://localhost/login")
                .authorizationUri(sandbox.baseUrl + "/unused")
                .tokenUri(sandbox.tokenUrl)
                .jwkSetUri(sandbox.jwksUrl)
                .issuerUri(sandbox.issuer)
                .scope("openid", "email", "phone")
                .build();
    }

    /** An authorized client as it comes from a store, its access token long expired. */
    private OAuth2AuthorizedClient stored(String client, String refreshToken) {
        var issued = Instant.now().minus(Duration.ofHours(2));
        var access = new OAuth2AccessToken(
                OAuth2AccessToken.TokenType.BEARER, "from the store", issued, issued.plusSeconds(900));
        return new OAuth2AuthorizedClient(
                registration(sandbox, client), "alice", access, new OAuth2RefreshToken(refreshToken, issued));
    }

    private OAuth2AccessTokenResponse refresh(String client, String refreshToken, String... scope) {
        var stored = stored(client, refreshToken);
        return this.client.getTokenResponse(new OAuth2RefreshTokenGrantRequest(
                stored.getClientRegistration(), stored.getAccessToken(), stored.getRefreshToken(), Set.of(scope)));
    }

    private static OAuth2AuthorizationContext context(OAuth2AuthorizedClient authorized) {
        return OAuth2AuthorizationContext.withAuthorizedClient(authorized)
                .principal(new TestingAuthenticationToken("alice", null))
                .build();
    }

    private static String error(Executable action) {
        return assertThrows(OAuth2AuthorizationException.class, action).getError().getErrorCode();
    }

    /** The provider takes a clock, so here both sides live by the server's; it is early by a minute. */
    @Test
    void refreshesAfterTheServersClockPassesExpiry() {
        var provider = new RefreshTokenOAuth2AuthorizedClientProvider();
        // The library dates answers by the real clock: that is where the server's starts, too.
        var ahead = new Object() { Duration by = Duration.ZERO; };
        provider.setClock(new Clock() {
            @Override
            public Instant instant() {
                return Instant.now().plus(ahead.by);
            }

            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }
        });
        var first = provider.authorize(context(stored("client-default", "REFRESH_TOKEN")));
        assertNull(provider.authorize(context(first)), "a good token was refreshed");

        ahead.by = Duration.ofMinutes(20);
        sandbox.advance(ahead.by);
        var second = provider.authorize(context(first));
        var was = claims(first.getAccessToken().getTokenValue()).getIssueTime().toInstant();
        var is = claims(second.getAccessToken().getTokenValue()).getIssueTime().toInstant();
        assertTrue(Duration.between(was, is).toMinutes() >= 20);
        sandbox.arrived(2, Map.of("endpoint", "token", "outcome", "issued"));
        sandbox.faultless();
    }

    @Test
    void refreshesAMinuteEarly() {
        var soon = Instant.now().plusSeconds(50);
        var token = new OAuth2AccessToken(
                OAuth2AccessToken.TokenType.BEARER, "t", soon.minusSeconds(900), soon);
        var stored = stored("client-default", "REFRESH_TOKEN");
        var authorized = new OAuth2AuthorizedClient(
                stored.getClientRegistration(), "alice", token, stored.getRefreshToken());
        var refreshed = new RefreshTokenOAuth2AuthorizedClientProvider().authorize(context(authorized));
        assertNotEquals("t", refreshed.getAccessToken().getTokenValue());
    }

    @Test
    void narrowsOneRefreshOnly() {
        var narrow = refresh("client-default", "REFRESH_TOKEN", "openid", "email");
        assertEquals(Set.of("openid", "email"), narrow.getAccessToken().getScopes());
        var again = refresh("client-default", narrow.getRefreshToken().getTokenValue());
        assertEquals(Set.of("openid", "email", "phone"), again.getAccessToken().getScopes());
    }

    /** The same through the provider, where an attribute of the context carries the scope. */
    @Test
    void narrowsThroughTheProvider() {
        var context = OAuth2AuthorizationContext.withAuthorizedClient(stored("client-default", "REFRESH_TOKEN"))
                .principal(new TestingAuthenticationToken("alice", null))
                .attribute(OAuth2AuthorizationContext.REQUEST_SCOPE_ATTRIBUTE_NAME, new String[] {"openid"})
                .build();
        var provider = new RefreshTokenOAuth2AuthorizedClientProvider();
        assertEquals(Set.of("openid"), provider.authorize(context).getAccessToken().getScopes());
    }

    /** No retry: the error has no code of its own; status and Retry-After are in its cause. */
    @Test
    void surfacesA503() {
        sandbox.unavailableOnce("token");
        var thrown = assertThrows(
                OAuth2AuthorizationException.class, () -> refresh("client-default", "REFRESH_TOKEN"));
        assertEquals("invalid_token_response", thrown.getError().getErrorCode());
        var cause = assertInstanceOf(HttpServerErrorException.ServiceUnavailable.class, thrown.getCause());
        assertEquals("1", cause.getResponseHeaders().getFirst("Retry-After"));
        sandbox.arrived(1, Map.of("endpoint", "token"));
        refresh("client-default", "REFRESH_TOKEN");
        sandbox.arrived(2, Map.of("endpoint", "token"));
    }

    @Test
    void reportsAReplay() {
        var successor = refresh("client-rotating", "ROTATING_REFRESH_TOKEN").getRefreshToken().getTokenValue();
        assertEquals("invalid_grant", error(() -> refresh("client-rotating", "ROTATING_REFRESH_TOKEN")));
        assertEquals("invalid_grant", error(() -> refresh("client-rotating", successor)));
        sandbox.arrived(1, Map.of("client_id", "client-rotating", "outcome", "issued"));
        sandbox.arrived(2, Map.of("client_id", "client-rotating", "error", "invalid_grant"));
    }

    /** The provider says which client it was, so that an application can have it log in again. */
    @Test
    void theProviderSaysWhoseReplayItWas() {
        refresh("client-rotating", "ROTATING_REFRESH_TOKEN");
        var provider = new RefreshTokenOAuth2AuthorizedClientProvider();
        var thrown = assertThrows(
                ClientAuthorizationException.class,
                () -> provider.authorize(context(stored("client-rotating", "ROTATING_REFRESH_TOKEN"))));
        assertEquals("client-rotating", thrown.getClientRegistrationId());
        assertEquals("invalid_grant", thrown.getError().getErrorCode());
    }

    /** The JDK's HttpClient does not send a POST twice: the loss surfaces, and the replay is the application's. */
    @Test
    void aLostRotationEndsTheGrant() {
        sandbox.play("lost-rotation");
        assertEquals("invalid_token_response", error(() -> refresh("client-rotating", "ROTATING_REFRESH_TOKEN")));
        sandbox.arrived(1, Map.of("endpoint", "token"));
        assertEquals("invalid_grant", error(() -> refresh("client-rotating", "ROTATING_REFRESH_TOKEN")));
    }

    @Test
    void outlivesAFlakyGateway() {
        sandbox.play("flaky-gateway");
        for (var trouble = 0; trouble < 3; trouble++) {
            assertThrows(OAuth2AuthorizationException.class, () -> refresh("client-default", "REFRESH_TOKEN"));
        }
        refresh("client-default", "REFRESH_TOKEN");
        sandbox.arrived(4, Map.of("endpoint", "token"));
    }

    /** It reads a code out of 400 and 401 alone; with any other status the answer is in the cause. */
    @Test
    void namedErrors() {
        var table = Map.ofEntries(
                Map.entry("EXPIRED", "invalid_grant"),
                Map.entry("REVOKED", "invalid_grant"),
                Map.entry("TEMPORARILY_UNAVAILABLE", "invalid_token_response"),
                Map.entry("SERVER_ERROR", "invalid_token_response"),
                Map.entry("RATE_LIMITED", "invalid_token_response"),
                Map.entry("UNAVAILABLE", "invalid_token_response"),
                Map.entry("GATEWAY_HTML", "invalid_token_response"),
                Map.entry("TRUNCATED", "invalid_token_response"),
                Map.entry("MALFORMED", "invalid_token_response"),
                Map.entry("WRONG_CONTENT_TYPE", "invalid_token_response"),
                Map.entry("OTHER_TOKEN_TYPE", "invalid_token_response"),
                Map.entry("CLOSED", "invalid_token_response"),
                Map.entry("RESET", "invalid_token_response"),
                Map.entry("LOST_RESPONSE", "invalid_token_response"));
        assertAll(table.entrySet().stream().map(row -> (Executable) () -> assertEquals(
                row.getValue(), error(() -> refresh("client-default", row.getKey())), row.getKey())));
    }

    @Test
    void namedOddities() {
        // Without expires_in a token is taken to last a second: refreshed at each use.
        var unlimited = refresh("client-default", "NO_EXPIRES_IN").getAccessToken();
        assertEquals(1, Duration.between(unlimited.getIssuedAt(), unlimited.getExpiresAt()).toSeconds());
        var text = refresh("client-default", "EXPIRES_IN_TEXT").getAccessToken();
        assertEquals(899, Duration.between(text.getIssuedAt(), text.getExpiresAt()).toSeconds());
        // It keeps the refresh token that it has.
        var kept = refresh("client-default", "NO_REFRESH_TOKEN").getRefreshToken();
        assertEquals("NO_REFRESH_TOKEN", kept.getTokenValue());
        // Access tokens are opaque to a client; ID tokens are in additionalParameters, and nobody looks at them.
        refresh("client-default", "EXPIRED_ACCESS_TOKEN");
        refresh("client-default", "FORGED_ACCESS_TOKEN");
        var forged = refresh("client-default", "FORGED_ID_TOKEN");
        assertInstanceOf(String.class, forged.getAdditionalParameters().get("id_token"));
    }

    /** Without a timeout it waits as long as the server does; with the JDK's client one can be set. */
    @Test
    void endsASlowAnswer() {
        var requests = new JdkClientHttpRequestFactory();
        requests.setReadTimeout(Duration.ofSeconds(1));
        client.setRestClient(RestClient.builder()
                .requestFactory(requests)
                .configureMessageConverters(converters -> converters
                        .addCustomConverter(new FormHttpMessageConverter())
                        .addCustomConverter(new OAuth2AccessTokenResponseHttpMessageConverter()))
                .defaultStatusHandler(new OAuth2ErrorResponseErrorHandler())
                .build());
        for (var name : new String[] {"SLOW", "DRIP"}) {
            var started = System.nanoTime();
            assertEquals("invalid_token_response", error(() -> refresh("client-default", name)), name);
            assertTrue(System.nanoTime() - started < Duration.ofSeconds(3).toNanos(), name);
        }
    }
}
