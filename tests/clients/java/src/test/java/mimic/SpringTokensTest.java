package mimic;

import static mimic.Sandbox.Row.accepted;
import static mimic.Sandbox.Row.refused;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.security.oauth2.client.oidc.authentication.OidcIdTokenDecoderFactory;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoders;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

class SpringTokensTest {
    /** The decoder by which Spring Security's login checks ID tokens. */
    private static JwtDecoder idTokens(Sandbox sandbox, String client) {
        return new OidcIdTokenDecoderFactory().createDecoder(SpringRefreshTest.registration(sandbox, client));
    }

    /** The decoder by which a resource server checks access tokens of RFC 9068. */
    private static JwtDecoder accessTokens(Sandbox sandbox) {
        var decoder = NimbusJwtDecoder.withJwkSetUri(sandbox.jwksUrl).validateType(false).build();
        decoder.setJwtValidator(JwtValidators.createAtJwtValidator()
                .issuer(sandbox.issuer)
                .audience(Sandbox.API)
                .clientId("shop")
                .build());
        return decoder;
    }

    private static final List<Sandbox.Row> ID_TOKENS = List.of(
            refused(Map.of("kind", "expired"), "Jwt expired at"),
            refused(Map.of("kind", "not_yet_valid"), "Jwt used before"),
            refused(Map.of("kind", "issued_in_future"), "invalid claims: {iat="),
            refused(Map.of("kind", "wrong_issuer"), "invalid claims: {iss="),
            refused(Map.of("kind", "wrong_audience"), "invalid claims: {aud="),
            refused(Map.of("kind", "wrong_type"), "typ value needs to be one of [JWT]"),
            refused(Map.of("kind", "unknown_kid"), "no matching key(s) found"),
            refused(Map.of("kind", "foreign_key"), "Invalid signature"),
            refused(Map.of("kind", "damaged_signature"), "Invalid signature"),
            refused(Map.of("kind", "alg_none"), "Unsupported algorithm of none"),
            refused(Map.of("kind", "hs256_with_public_key"), "Another algorithm expected"),
            refused(Map.of("kind", "missing_claim", "claim", "exp"), "invalid claims: {exp=null}"),
            refused(Map.of("kind", "missing_claim", "claim", "iat"), "invalid claims: {iat=null}"),
            refused(Map.of("kind", "missing_claim", "claim", "iss"), "invalid claims: {iss=null}"),
            refused(Map.of("kind", "missing_claim", "claim", "sub"), "invalid claims: {sub=null}"),
            refused(Map.of("kind", "missing_claim", "claim", "aud"), "invalid claims: {aud=null}"),
            refused(Map.of("kind", "set_claims", "claims", Map.of("azp", "another")), "invalid claims: {azp=another}"),
            accepted(Map.of("kind", "oversized", "bytes", 50_000)));

    private static final List<Sandbox.Row> ACCESS_TOKENS = List.of(
            refused(Map.of("kind", "expired"), "Jwt expired at"),
            refused(Map.of("kind", "not_yet_valid"), "Jwt used before"),
            refused(Map.of("kind", "wrong_issuer"), "iss claim is not valid"),
            refused(Map.of("kind", "wrong_audience"), "aud claim is not valid"),
            refused(Map.of("kind", "wrong_type"), "typ value needs to be one of [at+jwt"),
            refused(Map.of("kind", "unknown_kid"), "no matching key(s) found"),
            refused(Map.of("kind", "foreign_key"), "Invalid signature"),
            refused(Map.of("kind", "damaged_signature"), "Invalid signature"),
            refused(Map.of("kind", "alg_none"), "Unsupported algorithm of none"),
            refused(Map.of("kind", "hs256_with_public_key"), "Another algorithm expected"),
            refused(Map.of("kind", "missing_claim", "claim", "exp"), "exp must have a value"),
            refused(Map.of("kind", "missing_claim", "claim", "iss"), "iss claim is not valid"),
            refused(Map.of("kind", "missing_claim", "claim", "sub"), "sub must have a value"),
            refused(Map.of("kind", "missing_claim", "claim", "aud"), "aud claim is not valid"),
            refused(Map.of("kind", "missing_claim", "claim", "jti"), "jti must have a value"),
            // It does not compare iat with the time, and makes one up where there is none.
            accepted(Map.of("kind", "issued_in_future")),
            accepted(Map.of("kind", "missing_claim", "claim", "iat")),
            accepted(Map.of("kind", "oversized", "bytes", 50_000)));

    @Test
    void defectsOfIdTokens() {
        try (var sandbox = Sandbox.documented()) {
            sandbox.holds("id_token", ID_TOKENS, idTokens(sandbox, "client-default")::decode);
        }
    }

    @Test
    void defectsOfStandardIdTokens() {
        try (var sandbox = Sandbox.standard()) {
            sandbox.holds("id_token", ID_TOKENS, idTokens(sandbox, "shop")::decode);
        }
    }

    @Test
    void defectsOfAccessTokens() {
        try (var sandbox = Sandbox.standard()) {
            sandbox.holds("access_token", ACCESS_TOKENS, accessTokens(sandbox)::decode);
        }
    }

    @Test
    void itMakesUpAnIatWhereThereIsNone() {
        try (var sandbox = Sandbox.standard()) {
            var jwt = accessTokens(sandbox).decode(sandbox.mint("access_token", Map.of("kind", "missing_claim", "claim", "iat")));
            assertEquals(jwt.getExpiresAt().minusSeconds(1), jwt.getIssuedAt());
        }
    }

    /** What a resource server has whose only setting is the issuer: no audience, and no access token of RFC 9068. */
    @Test
    void aDecoderFromTheIssuerAloneKnowsNoAudience() {
        try (var sandbox = Sandbox.documented()) {
            JwtDecoder decoder = JwtDecoders.fromIssuerLocation(sandbox.issuer);
            decoder.decode(sandbox.mint("access_token"));
            decoder.decode(sandbox.mint("access_token", Map.of("kind", "wrong_audience")));
        }
        try (var sandbox = Sandbox.standard()) {
            JwtDecoder decoder = JwtDecoders.fromIssuerLocation(sandbox.issuer);
            Sandbox.refused("at+jwt", "typ value needs to be one of [JWT]", () -> decoder.decode(sandbox.mint("access_token")));
        }
    }

    /** An unknown kid fetches the keys again; what was fetched stays good while it is cached. */
    @Test
    void followsAKeyRotation() {
        try (var sandbox = Sandbox.standard()) {
            var decoder = accessTokens(sandbox);
            var first = sandbox.mint("access_token");
            decoder.decode(first);
            decoder.decode(first);
            sandbox.arrived(1, Map.of("endpoint", "jwks"));

            var retired = sandbox.rotateKeys();
            decoder.decode(sandbox.mint("access_token"));
            sandbox.arrived(2, Map.of("endpoint", "jwks"));

            sandbox.control("DELETE", "/keys/" + retired, null);
            assertDoesNotThrow(() -> decoder.decode(first));
            sandbox.rotateKeys();
            assertDoesNotThrow(() -> decoder.decode(sandbox.mint("access_token")));
            Sandbox.refused("of a retired key", "no matching key(s) found", () -> decoder.decode(first));
        }
    }

    /** No retry of the keys either: the next token is good again. */
    @Test
    void surfacesA503OfTheKeys() {
        try (var sandbox = Sandbox.standard()) {
            sandbox.unavailableOnce("jwks");
            var decoder = accessTokens(sandbox);
            var token = sandbox.mint("access_token");
            Sandbox.refused("without keys", "503", () -> decoder.decode(token));
            assertDoesNotThrow(() -> decoder.decode(token));
        }
    }
}
