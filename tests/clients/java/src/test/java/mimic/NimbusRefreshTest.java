package mimic;

import static mimic.Sandbox.claims;
import static mimic.Sandbox.refused;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.oauth2.sdk.token.Tokens;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Nimbus holds no tokens and decides nothing by time: it writes requests and reads answers, one at a time. */
class NimbusRefreshTest {
    /** Without it the library waits as long as the server does. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Sandbox sandbox = Sandbox.documented();

    @AfterEach
    void close() {
        sandbox.close();
    }

    private HTTPResponse send(String client, String token, String scope, Duration patience) throws Exception {
        var authentication = new ClientSecretBasic(new ClientID(client), new Secret(client + "-secret"));
        var grant = new RefreshTokenGrant(new RefreshToken(token));
        var builder = new TokenRequest.Builder(URI.create(sandbox.tokenUrl), authentication, grant);
        if (scope != null) {
            builder.scope(Scope.parse(scope));
        }
        var request = builder.build().toHTTPRequest();
        request.setConnectTimeout((int) patience.toMillis());
        request.setReadTimeout((int) patience.toMillis());
        return request.send();
    }

    private TokenResponse refresh(String client, String token) throws Exception {
        return OIDCTokenResponseParser.parse(send(client, token, null, PATIENCE));
    }

    private Tokens tokens(String token, String scope) throws Exception {
        return OIDCTokenResponse.parse(send("client-default", token, scope, PATIENCE)).getTokens();
    }

    private static String error(TokenResponse response) {
        assertFalse(response.indicatesSuccess());
        return response.toErrorResponse().getErrorObject().getCode();
    }

    private static int status(TokenResponse response) {
        assertFalse(response.indicatesSuccess());
        return response.toErrorResponse().getErrorObject().getHTTPStatusCode();
    }

    @Test
    void refreshesForANewerToken() throws Exception {
        var before = tokens("REFRESH_TOKEN", null);
        assertEquals(899, before.getAccessToken().getLifetime());
        sandbox.advance(Duration.ofMinutes(20));
        var after = tokens(before.getRefreshToken().getValue(), null);
        var was = claims(before.getAccessToken().getValue()).getIssueTime().toInstant();
        var is = claims(after.getAccessToken().getValue()).getIssueTime().toInstant();
        assertTrue(Duration.between(was, is).toMinutes() >= 20);
        sandbox.arrived(2, Map.of("endpoint", "token", "outcome", "issued"));
        sandbox.faultless();
    }

    @Test
    void narrowsOneRefreshOnly() throws Exception {
        var narrow = tokens("REFRESH_TOKEN", "openid email");
        assertEquals(Scope.parse("openid email"), narrow.getAccessToken().getScope());
        var again = tokens(narrow.getRefreshToken().getValue(), null);
        assertEquals(Scope.parse("openid email phone"), again.getAccessToken().getScope());
    }

    /** No retry: the status is in the error, and Retry-After in the answer itself. */
    @Test
    void surfacesA503() throws Exception {
        sandbox.unavailableOnce("token");
        var answer = send("client-default", "REFRESH_TOKEN", null, PATIENCE);
        assertEquals("1", answer.getHeaderValue("Retry-After"));
        var response = OIDCTokenResponseParser.parse(answer);
        assertEquals(503, status(response));
        assertNull(error(response));
        sandbox.arrived(1, Map.of("endpoint", "token"));
        tokens("REFRESH_TOKEN", null);
    }

    @Test
    void reportsAReplay() throws Exception {
        var first = refresh("client-rotating", "ROTATING_REFRESH_TOKEN").toSuccessResponse();
        var successor = first.getTokens().getRefreshToken().getValue();
        assertEquals("invalid_grant", error(refresh("client-rotating", "ROTATING_REFRESH_TOKEN")));
        assertEquals("invalid_grant", error(refresh("client-rotating", successor)));
        sandbox.arrived(1, Map.of("client_id", "client-rotating", "outcome", "issued"));
        sandbox.arrived(2, Map.of("client_id", "client-rotating", "error", "invalid_grant"));
    }

    /**
     * Java's HttpURLConnection sends a POST again by itself when the connection dies before an answer
     * (sun.net.http.retryPost). Under rotation that is a replay: one call revokes its own family.
     */
    @Test
    void revokesItsOwnFamilyWhenAnAnswerIsLost() throws Exception {
        sandbox.play("lost-rotation");
        assertEquals("invalid_grant", error(refresh("client-rotating", "ROTATING_REFRESH_TOKEN")));
        sandbox.arrived(2, Map.of("endpoint", "token"));
        sandbox.arrived(1, Map.of("endpoint", "token", "fault", "lost_response"));
    }

    /** And by the same, the third trouble, a closed connection, is not even seen. */
    @Test
    void outlivesAFlakyGateway() throws Exception {
        sandbox.play("flaky-gateway");
        assertEquals(503, status(refresh("client-default", "REFRESH_TOKEN")));
        assertEquals(502, status(refresh("client-default", "REFRESH_TOKEN")));
        assertTrue(refresh("client-default", "REFRESH_TOKEN").indicatesSuccess());
        sandbox.arrived(4, Map.of("endpoint", "token"));
    }

    @Test
    void namedErrors() {
        var codes = Map.of(
                "EXPIRED", "invalid_grant",
                "REVOKED", "invalid_grant",
                "TEMPORARILY_UNAVAILABLE", "temporarily_unavailable",
                "SERVER_ERROR", "server_error");
        var statuses = Map.of("RATE_LIMITED", 429, "UNAVAILABLE", 503, "GATEWAY_HTML", 502);
        var thrown = Map.of(
                "TRUNCATED", "ParseException",
                "MALFORMED", "ParseException",
                "WRONG_CONTENT_TYPE", "Content-Type",
                "OTHER_TOKEN_TYPE", "Unsupported token_type",
                "CLOSED", "Unexpected end of file",
                "RESET", "Connection reset",
                "LOST_RESPONSE", "Connection reset");
        assertAll(
                () -> assertAll(codes.entrySet().stream().map(row -> (Executable)
                        () -> assertEquals(row.getValue(), error(refresh("client-default", row.getKey())), row.getKey()))),
                () -> assertAll(statuses.entrySet().stream().map(row -> (Executable)
                        () -> assertEquals(row.getValue(), status(refresh("client-default", row.getKey())), row.getKey()))),
                () -> assertAll(thrown.entrySet().stream().map(row -> (Executable)
                        () -> refused(row.getKey(), row.getValue(), () -> refresh("client-default", row.getKey())))));
    }

    @Test
    void endsASlowAnswer() {
        refused("SLOW", "Read timed out", () -> send("client-default", "SLOW", null, Duration.ofSeconds(1)));
    }

    /** The read timeout is one for each read: an answer that drips for longer is waited for to its end. */
    @Test
    void waitsForADrip() throws Exception {
        var fault = Map.<String, Object>of("kind", "drip", "bytes_per_second", 1500);
        sandbox.control("POST", "/faults", Map.of("on", "token", "times", 1, "fault", fault));
        var started = System.nanoTime();
        send("client-default", "REFRESH_TOKEN", null, Duration.ofSeconds(1));
        assertTrue(System.nanoTime() - started > Duration.ofSeconds(1).toNanos());
    }

    @Test
    void namedOddities() throws Exception {
        assertEquals(0, tokens("NO_EXPIRES_IN", null).getAccessToken().getLifetime());
        assertEquals(899, tokens("EXPIRES_IN_TEXT", null).getAccessToken().getLifetime());
        assertNull(tokens("NO_REFRESH_TOKEN", null).getRefreshToken());
        tokens("EXPIRED_ACCESS_TOKEN", null);
        tokens("FORGED_ACCESS_TOKEN", null);
        tokens("FORGED_ID_TOKEN", null);
    }
}
