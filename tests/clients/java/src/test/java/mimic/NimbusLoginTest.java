package mimic;

import static mimic.Sandbox.CALLBACK;
import static mimic.Sandbox.HOME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jwt.JWT;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.AuthenticationResponse;
import com.nimbusds.openid.connect.sdk.AuthenticationResponseParser;
import com.nimbusds.openid.connect.sdk.LogoutRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientInformation;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.AccessTokenValidator;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.net.URI;
import java.net.URL;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class NimbusLoginTest {
    private static final ClientID WEB = new ClientID("web");
    private static final Secret SECRET = new Secret("web-secret");

    /** A client that is set up by the metadata alone, and one login. */
    private static final class App {
        final OIDCProviderMetadata metadata;
        final IDTokenValidator validator;
        final State state = new State();
        final Nonce nonce = new Nonce();
        final CodeVerifier verifier = new CodeVerifier();

        App(Sandbox sandbox) throws Exception {
            metadata = OIDCProviderMetadata.resolve(new Issuer(sandbox.issuer));
            var registered = new OIDCClientMetadata();
            registered.setIDTokenJWSAlg(JWSAlgorithm.RS256);
            var keys = JWKSourceBuilder.create(new URL(metadata.getJWKSetURI().toString())).build();
            validator = IDTokenValidator.create(metadata, new OIDCClientInformation(WEB, null, registered, SECRET), keys);
        }

        /** The URL that the user is sent to. */
        URI begin() {
            return new AuthenticationRequest.Builder(
                            ResponseType.CODE, new Scope("openid", "email", "offline_access"), WEB, URI.create(CALLBACK))
                    .endpointURI(metadata.getAuthorizationEndpointURI())
                    .state(state)
                    .nonce(nonce)
                    .codeChallenge(verifier, CodeChallengeMethod.S256)
                    .build()
                    .toURI();
        }

        /** Reads the callback. The library leaves the comparison of state and issuer to the app. */
        AuthenticationResponse response(URI back) throws Exception {
            var response = AuthenticationResponseParser.parse(back);
            assertEquals(state, response.getState());
            assertEquals(metadata.getIssuer(), response.getIssuer());
            return response;
        }

        AuthorizationCode code(URI back) throws Exception {
            return response(back).toSuccessResponse().getAuthorizationCode();
        }

        TokenResponse exchange(AuthorizationCode code, CodeVerifier verifier) throws Exception {
            return ask(new AuthorizationCodeGrant(code, URI.create(CALLBACK), verifier));
        }

        TokenResponse refresh(RefreshToken token) throws Exception {
            return ask(new RefreshTokenGrant(token));
        }

        private TokenResponse ask(AuthorizationGrant grant) throws Exception {
            var authentication = new ClientSecretBasic(WEB, SECRET);
            var request = new TokenRequest.Builder(metadata.getTokenEndpointURI(), authentication, grant).build();
            return OIDCTokenResponseParser.parse(request.toHTTPRequest().send());
        }

        /** Verifies the ID token with the nonce, and the access token where there is an at_hash. */
        IDTokenClaimsSet verified(OIDCTokens tokens, Nonce nonce) throws Exception {
            var claims = validator.validate(tokens.getIDToken(), nonce);
            if (claims.getAccessTokenHash() != null) {
                AccessTokenValidator.validate(tokens.getAccessToken(), JWSAlgorithm.RS256, claims.getAccessTokenHash());
            }
            return claims;
        }

        URI logout(JWT idToken) {
            return new LogoutRequest(metadata.getEndSessionEndpointURI(), idToken, URI.create(HOME), new State("bye")).toURI();
        }
    }

    private static OIDCTokens tokens(TokenResponse response) {
        return ((OIDCTokenResponse) response.toSuccessResponse()).getOIDCTokens();
    }

    private static String error(TokenResponse response) {
        assertFalse(response.indicatesSuccess());
        return response.toErrorResponse().getErrorObject().getCode();
    }

    @TestFactory
    Stream<DynamicTest> logsInRefreshesReadsUserinfoAndLogsOut() {
        return Stream.of("connect", "standard")
                .flatMap(profile -> Stream.of(Way.values())
                        .map(way -> DynamicTest.dynamicTest(profile + " " + way, () -> logsIn(profile, way))));
    }

    private static void logsIn(String profile, Way way) throws Exception {
        try (var sandbox = way.sandbox(profile)) {
            var app = new App(sandbox);
            var user = new Robot();
            var first = tokens(app.exchange(app.code(way.logIn(sandbox, user, app.begin())), app.verifier));
            var claims = app.verified(first, app.nonce);
            assertEquals(way.sub, claims.getSubject().getValue());
            // The documented provider of connect has no at_hash.
            assertEquals(profile.equals("standard"), claims.getAccessTokenHash() != null);

            var next = tokens(app.refresh(first.getRefreshToken()));
            assertNotEquals(first.getAccessToken(), next.getAccessToken());
            var renewed = app.verified(next, null);
            assertEquals(way.sub, renewed.getSubject().getValue());
            assertNull(renewed.getNonce());

            var request = new UserInfoRequest(app.metadata.getUserInfoEndpointURI(), next.getBearerAccessToken());
            var userinfo = UserInfoResponse.parse(request.toHTTPRequest().send()).toSuccessResponse().getUserInfo();
            assertEquals(way.sub, userinfo.getSubject().getValue());
            assertEquals(way.sub + "@example.com", userinfo.getEmailAddress());

            // The documented provider of connect appends the state with an ampersand.
            var home = URI.create(HOME + (profile.equals("connect") ? "&" : "?") + "state=bye");
            assertEquals(home, user.visit(app.logout(next.getIDToken())));
            assertEquals("invalid_grant", error(app.refresh(next.getRefreshToken())));
        }
    }

    @Test
    void readsADenial() throws Exception {
        try (var sandbox = Sandbox.login("standard", false)) {
            var app = new App(sandbox);
            var user = new Robot();
            user.visit(app.begin());
            var byThePage = user.press("Deny");
            sandbox.nextLogin(Map.of("deny", true));
            for (var back : new URI[] {byThePage, user.visit(app.begin())}) {
                assertEquals("access_denied", app.response(back).toErrorResponse().getErrorObject().getCode());
            }
        }
    }

    /** The callback of another login has another state; the nonce is left where an attacker has the state, too. */
    @Test
    void refusesTheCallbackOfAnotherLogin() throws Exception {
        try (var sandbox = Sandbox.login("standard", true)) {
            var mine = new App(sandbox);
            var other = new App(sandbox);
            var back = new Robot().visit(other.begin());
            assertNotEquals(mine.state, AuthenticationResponseParser.parse(back).getState());
            var tokens = tokens(other.exchange(other.code(back), other.verifier));
            Sandbox.refused("another nonce", "Unexpected JWT nonce", () -> mine.verified(tokens, mine.nonce));
            other.verified(tokens, other.nonce);
        }
    }

    @Test
    void refusesAnIdTokenOfAnotherAccessTokenOrIssuer() throws Exception {
        var table = Map.of(
                Map.<String, Object>of("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), "Access token hash (at_hash) mismatch",
                Map.<String, Object>of("nonce", "another"), "Unexpected JWT nonce",
                Map.<String, Object>of("iss", "https://elsewhere.test"), "Unexpected JWT issuer");
        for (var row : table.entrySet()) {
            try (var sandbox = Sandbox.login("standard", true)) {
                sandbox.idTokenHas(row.getKey(), 0);
                var app = new App(sandbox);
                var tokens = tokens(app.exchange(app.code(new Robot().visit(app.begin())), app.verifier));
                Sandbox.refused(row.getKey().toString(), row.getValue(), () -> app.verified(tokens, app.nonce));
            }
        }
    }

    /** A code without its verifier is of no use, and a code that is used twice takes the tokens of its first use with it. */
    @Test
    void aStolenCodeAndAReplayedCodeAreRefused() throws Exception {
        try (var sandbox = Sandbox.login("standard", true)) {
            var app = new App(sandbox);
            var user = new Robot();
            assertEquals("invalid_grant", error(app.exchange(app.code(user.visit(app.begin())), new CodeVerifier())));
            var code = app.code(user.visit(app.begin()));
            var tokens = tokens(app.exchange(code, app.verifier));
            assertEquals("invalid_grant", error(app.exchange(code, app.verifier)));
            assertEquals("invalid_grant", error(app.refresh(tokens.getRefreshToken())));
            var request = new UserInfoRequest(app.metadata.getUserInfoEndpointURI(), tokens.getBearerAccessToken());
            assertFalse(UserInfoResponse.parse(request.toHTTPRequest().send()).indicatesSuccess());
        }
    }
}
