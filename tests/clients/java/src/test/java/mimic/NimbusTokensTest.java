package mimic;

import static mimic.Sandbox.Row.accepted;
import static mimic.Sandbox.Row.refused;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientInformation;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.net.URL;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.ThrowingConsumer;

class NimbusTokensTest {
    private static JWKSourceBuilder<SecurityContext> keys(Sandbox sandbox) throws Exception {
        return JWKSourceBuilder.create(new URL(sandbox.jwksUrl));
    }

    /** The verifier of ID tokens, set up by the server's metadata. */
    private static ThrowingConsumer<String> idTokens(Sandbox sandbox, String client, JWKSource<SecurityContext> keys)
            throws Exception {
        var metadata = OIDCProviderMetadata.resolve(new Issuer(sandbox.issuer));
        var registered = new OIDCClientMetadata();
        registered.setIDTokenJWSAlg(JWSAlgorithm.RS256);
        var information = new OIDCClientInformation(new ClientID(client), null, registered, new Secret("unused"));
        var validator = IDTokenValidator.create(metadata, information, keys);
        return token -> validator.validate(JWTParser.parse(token), null);
    }

    /** The verifier of access tokens: the general one, configured as RFC 9068 requires, with the server's clock. */
    private static ThrowingConsumer<String> accessTokens(Sandbox sandbox, JWKSource<SecurityContext> keys) {
        var processor = new DefaultJWTProcessor<>();
        processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.RS256, keys));
        processor.setJWTClaimsSetVerifier(
                new DefaultJWTClaimsVerifier<>(
                        Sandbox.API,
                        new JWTClaimsSet.Builder().issuer(sandbox.issuer).build(),
                        Set.of("exp", "sub", "iat", "jti", "client_id")) {
                    @Override
                    protected Date currentTime() {
                        return Date.from(sandbox.now());
                    }
                });
        return token -> processor.process(token, null);
    }

    private static final List<Sandbox.Row> ID_TOKENS = List.of(
            refused(Map.of("kind", "expired"), "Expired JWT"),
            refused(Map.of("kind", "issued_in_future"), "JWT issue time ahead of current time"),
            refused(Map.of("kind", "wrong_issuer"), "Unexpected JWT issuer"),
            refused(Map.of("kind", "wrong_audience"), "Unexpected JWT audience"),
            refused(Map.of("kind", "wrong_type"), "not allowed"),
            refused(Map.of("kind", "unknown_kid"), "no matching key(s) found"),
            refused(Map.of("kind", "foreign_key"), "Invalid signature"),
            refused(Map.of("kind", "damaged_signature"), "Invalid signature"),
            refused(Map.of("kind", "alg_none"), "Signed ID token expected"),
            refused(Map.of("kind", "hs256_with_public_key"), "Another algorithm expected"),
            refused(Map.of("kind", "missing_claim", "claim", "exp"), "Missing JWT expiration"),
            refused(Map.of("kind", "missing_claim", "claim", "iat"), "Missing JWT issue time"),
            refused(Map.of("kind", "missing_claim", "claim", "iss"), "Missing JWT issuer"),
            refused(Map.of("kind", "missing_claim", "claim", "sub"), "Missing JWT subject"),
            refused(Map.of("kind", "missing_claim", "claim", "aud"), "Missing JWT audience"),
            // An ID token has no use for nbf.
            accepted(Map.of("kind", "not_yet_valid")),
            // It looks at azp only where there is more than one audience.
            accepted(Map.of("kind", "set_claims", "claims", Map.of("azp", "another"))),
            accepted(Map.of("kind", "oversized", "bytes", 50_000)));

    private static final List<Sandbox.Row> ACCESS_TOKENS = List.of(
            refused(Map.of("kind", "expired"), "Expired JWT"),
            refused(Map.of("kind", "not_yet_valid"), "JWT before use time"),
            refused(Map.of("kind", "wrong_issuer"), "JWT iss claim value rejected"),
            refused(Map.of("kind", "wrong_audience"), "JWT aud claim rejected"),
            refused(Map.of("kind", "wrong_type"), "not allowed"),
            refused(Map.of("kind", "unknown_kid"), "no matching key(s) found"),
            refused(Map.of("kind", "foreign_key"), "Invalid signature"),
            refused(Map.of("kind", "damaged_signature"), "Invalid signature"),
            refused(Map.of("kind", "alg_none"), "Unsecured (plain) JWTs are rejected"),
            refused(Map.of("kind", "hs256_with_public_key"), "Another algorithm expected"),
            refused(Map.of("kind", "missing_claim", "claim", "exp"), "JWT missing required claims: [exp]"),
            refused(Map.of("kind", "missing_claim", "claim", "iss"), "JWT missing required claims: [iss]"),
            refused(Map.of("kind", "missing_claim", "claim", "aud"), "JWT missing required aud claim"),
            refused(Map.of("kind", "missing_claim", "claim", "sub"), "JWT missing required claims: [sub]"),
            refused(Map.of("kind", "missing_claim", "claim", "iat"), "JWT missing required claims: [iat]"),
            // It does not compare iat with the time.
            accepted(Map.of("kind", "issued_in_future")),
            accepted(Map.of("kind", "oversized", "bytes", 50_000)));

    @Test
    void defectsOfIdTokens() throws Exception {
        try (var sandbox = Sandbox.documented()) {
            var keys = keys(sandbox).rateLimited(false).build();
            sandbox.holds("id_token", ID_TOKENS, idTokens(sandbox, "client-default", keys));
        }
    }

    @Test
    void defectsOfStandardIdTokens() throws Exception {
        try (var sandbox = Sandbox.standard()) {
            var keys = keys(sandbox).rateLimited(false).build();
            sandbox.holds("id_token", ID_TOKENS, idTokens(sandbox, "shop", keys));
        }
    }

    @Test
    void defectsOfAccessTokens() throws Exception {
        try (var sandbox = Sandbox.standard()) {
            var keys = keys(sandbox).rateLimited(false).build();
            sandbox.holds("access_token", ACCESS_TOKENS, accessTokens(sandbox, keys));
        }
    }

    @Test
    void anAccessTokenAgesByTheServersClock() throws Exception {
        try (var sandbox = Sandbox.standard()) {
            var verifier = accessTokens(sandbox, keys(sandbox).build());
            var old = sandbox.mint("access_token");
            assertDoesNotThrow(() -> verifier.accept(old));
            sandbox.advance(Duration.ofMinutes(20));
            Sandbox.refused("an old token", "Expired JWT", () -> verifier.accept(old));
            assertDoesNotThrow(() -> verifier.accept(sandbox.mint("access_token")));
        }
    }

    /** An unknown kid fetches the keys again; more than once more in 30 seconds it does not, as built by default. */
    @Test
    void followsAKeyRotation() throws Exception {
        try (var sandbox = Sandbox.standard()) {
            var verifier = accessTokens(sandbox, keys(sandbox).build());
            var first = sandbox.mint("access_token");
            assertDoesNotThrow(() -> verifier.accept(first));
            sandbox.arrived(1, Map.of("endpoint", "jwks"));

            var retired = sandbox.rotateKeys();
            assertDoesNotThrow(() -> verifier.accept(sandbox.mint("access_token")));
            assertDoesNotThrow(() -> verifier.accept(first));
            sandbox.arrived(2, Map.of("endpoint", "jwks"));

            // What is cached stays good, whatever the server publishes by now.
            sandbox.control("DELETE", "/keys/" + retired, null);
            assertDoesNotThrow(() -> verifier.accept(first));

            sandbox.rotateKeys();
            var third = sandbox.mint("access_token");
            Sandbox.refused("a third fetch", "RateLimitReachedException", () -> verifier.accept(third));
            sandbox.arrived(2, Map.of("endpoint", "jwks"));
        }
    }

    /** If configured so, it fetches keys once more after a failure, at once: Retry-After is not looked at. */
    @Test
    void retriesTheKeysWhereToldTo() throws Exception {
        try (var sandbox = Sandbox.standard()) {
            sandbox.unavailableOnce("jwks");
            var withRetries = accessTokens(sandbox, keys(sandbox).retrying(true).build());
            assertDoesNotThrow(() -> withRetries.accept(sandbox.mint("access_token")));
            sandbox.arrived(1, Map.of("endpoint", "jwks", "status", 503));
            sandbox.arrived(2, Map.of("endpoint", "jwks"));

            sandbox.unavailableOnce("jwks");
            var withoutRetries = accessTokens(sandbox, keys(sandbox).build());
            var token = sandbox.mint("access_token");
            Sandbox.refused("without retries", "Couldn't retrieve JWK set", () -> withoutRetries.accept(token));
        }
    }
}
