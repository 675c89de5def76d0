package mimic;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.function.ThrowingConsumer;

/** A server of the test's own: its clock, faults, journal and clients are nobody else's. */
final class Sandbox implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String SERVER = System.getenv("OAUTH_MIMIC_URL");

    /** Where the users of an app are sent back to, and where they are sent after a logout. */
    static final String CALLBACK = "http://localhost:3000/callback";

    static final String HOME = "http://localhost:3000/";

    static final String API = "https://api.example.com";

    /** A server by the RFCs: tokens carry a kid, access tokens an audience. */
    private static final Map<String, Object> STANDARD = Map.of(
            "fixtures",
            Map.of(
                    "profile", "standard",
                    "clients",
                    List.of(Map.of(
                            "client_id", "shop",
                            "client_secret", "shop-secret",
                            "scope", "openid email",
                            "access_token_audience", List.of(API))),
                    "users", List.of(Map.of("sub", "alice", "claims", Map.of("name", "Alice"))),
                    "refresh_tokens",
                    List.of(Map.of(
                            "token", "SHOP",
                            "client_id", "shop",
                            "sub", "alice",
                            "scope", "openid email",
                            "auth_time", -131))));

    final String id;
    final String baseUrl;
    final String issuer;
    final String tokenUrl;
    final String jwksUrl;

    private Sandbox(Map<String, Object> made) {
        id = (String) made.get("id");
        baseUrl = (String) made.get("base_url");
        issuer = (String) made.get("issuer");
        var endpoints = (Map<?, ?>) made.get("endpoints");
        tokenUrl = (String) endpoints.get("token");
        jwksUrl = (String) endpoints.get("jwks");
    }

    /** One with the server's own fixtures. */
    static Sandbox documented() {
        return new Sandbox(request(SERVER, "POST", "/sandboxes", null));
    }

    static Sandbox standard() {
        return new Sandbox(request(SERVER, "POST", "/sandboxes", STANDARD));
    }

    /** A provider for logins: an app, alice with a password, and bob. The user of automatic logins is alice. */
    static Sandbox login(String profile, boolean automatic) {
        var web = Map.of(
                "client_id", "web",
                "client_secret", "web-secret",
                "scope", "openid email offline_access",
                "access_token_lifetime", 30,
                "redirect_uris", List.of(CALLBACK, "http://localhost/login/oauth2/code/mimic"),
                "post_logout_redirect_uris", List.of(HOME));
        var alice = Map.of(
                "sub", "alice",
                "username", "alice",
                "password", "s3cret",
                "claims", Map.of("email", "alice@example.com"));
        var bob = Map.of("sub", "bob", "claims", Map.of("name", "Bob Example", "email", "bob@example.com"));
        var fixtures = new HashMap<String, Object>(
                Map.of("profile", profile, "clients", List.of(web), "users", List.of(alice, bob)));
        if (automatic) {
            fixtures.put("auto_login", "alice");
        }
        return new Sandbox(request(SERVER, "POST", "/sandboxes", Map.of("fixtures", fixtures)));
    }

    @Override
    public void close() {
        request(SERVER, "DELETE", "/sandboxes/" + id, null);
    }

    Map<String, Object> control(String method, String path, Map<String, Object> body) {
        return request(baseUrl, method, path, body);
    }

    private static Map<String, Object> request(String base, String method, String path, Map<String, Object> body) {
        if (base == null) {
            throw new AssertionError("OAUTH_MIMIC_URL must say where the server is; tests/clients/run sets it");
        }
        var sent = body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(JSONObjectUtils.toJSONString(body));
        var request = HttpRequest.newBuilder(URI.create(base + "/_mimic" + path)).method(method, sent).build();
        try {
            var response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            assertTrue(response.statusCode() < 300, () -> method + " " + path + ": " + response.body());
            return response.body().isEmpty() ? Map.of() : JSONObjectUtils.parse(response.body());
        } catch (IOException | InterruptedException | java.text.ParseException why) {
            throw new AssertionError(method + " " + path, why);
        }
    }

    /** Moves the server's clock. */
    void advance(Duration by) {
        control("POST", "/clock/advance", Map.of("seconds", by.toSeconds()));
    }

    /** The server's time. */
    Instant now() {
        return Instant.ofEpochSecond(((Number) control("GET", "/clock", null).get("unix")).longValue());
    }

    /** A good token of that kind. */
    String mint(String kind) {
        return (String) control("POST", "/tokens", Map.of("kind", kind)).get("token");
    }

    String mint(String kind, Object defect) {
        return (String) control("POST", "/tokens", Map.of("kind", kind, "defect", defect)).get("token");
    }

    /** Fails unless exactly count requests match; the server says what did arrive. */
    void arrived(int count, Map<String, Object> filter) {
        control("POST", "/verify", Map.of("filter", filter, "exactly", count));
    }

    /** Fails if the server has advice about the client's token requests. */
    void faultless() {
        control("POST", "/verify", Map.of("filter", Map.of("endpoint", "token"), "no_advice", true));
    }

    /** Makes the next request of that endpoint fail with 503 and a Retry-After of a second. */
    void unavailableOnce(String endpoint) {
        var fault = Map.of("kind", "status", "status", 503, "headers", Map.of("Retry-After", "1"));
        control("POST", "/faults", Map.of("on", endpoint, "times", 1, "fault", fault));
    }

    /** Scripts the next login, which then shows no page. */
    void nextLogin(Map<String, Object> login) {
        control("POST", "/logins", login);
    }

    /** Sets claims in one ID token, after `skip` others. */
    void idTokenHas(Map<String, Object> claims, int skip) {
        var defect = Map.of("kind", "set_claims", "claims", claims);
        var fault = Map.of("kind", "token", "token", "id_token", "defect", defect);
        control("POST", "/faults", Map.of("on", "token", "skip", skip, "times", 1, "fault", fault));
    }

    void play(String scenario) {
        control("POST", "/scenarios/" + scenario, null);
    }

    /** Rotates the keys; answers the kid of the one that signed so far. */
    String rotateKeys() {
        var keys = (List<?>) control("POST", "/keys/rotate", null).get("keys");
        return (String) ((Map<?, ?>) keys.get(1)).get("kid");
    }

    /** The claims of a JWT, read and not verified. */
    static JWTClaimsSet claims(String token) {
        return assertDoesNotThrow(() -> SignedJWT.parse(token).getJWTClaimsSet());
    }

    /** A defect, and the words by which it is refused; none where it is accepted by design. */
    record Row(Object defect, String message) {
        static Row refused(Object defect, String message) {
            return new Row(defect, message);
        }

        static Row accepted(Object defect) {
            return new Row(defect, null);
        }
    }

    /** Holds a table against a verifier that accepts a good token of that kind. */
    void holds(String kind, List<Row> table, ThrowingConsumer<String> verifier) {
        assertDoesNotThrow(() -> verifier.accept(mint(kind)), "a good token");
        assertAll(table.stream().map(row -> (Executable) () -> {
            var token = mint(kind, row.defect);
            if (row.message == null) {
                assertDoesNotThrow(() -> verifier.accept(token), row.defect::toString);
            } else {
                refused(row.defect.toString(), row.message, () -> verifier.accept(token));
            }
        }));
    }

    /** Fails unless it throws, with those words in its own text or that of a cause. */
    static void refused(String what, String message, Executable action) {
        var thrown = assertThrows(Exception.class, action, what);
        var texts = new StringBuilder();
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            texts.append(cause).append('\n');
        }
        assertTrue(texts.toString().contains(message), () -> what + " does not contain \"" + message + "\": " + texts);
    }
}
