package app;

import static io.github.oauthmimic.Expectation.exactly;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import io.github.oauthmimic.OAuthMimic;
import io.github.oauthmimic.Provider;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OAuthMimic.class)
class LoginTest {
    final ClientID client = new ClientID("web");
    final ClientSecretBasic secret = new ClientSecretBasic(client, new Secret("web-secret"));
    final URI callback = URI.create("http://localhost:3000/callback");

    @Test
    void aliceLogsIn(Provider provider) throws Exception {
        var metadata = OIDCProviderMetadata.resolve(new Issuer(provider.issuer()));
        var state = new State();
        var verifier = new CodeVerifier();
        var request = new AuthenticationRequest.Builder(ResponseType.CODE, new Scope("openid", "email"), client, callback)
                .endpointURI(metadata.getAuthorizationEndpointURI())
                .state(state)
                .codeChallenge(verifier, CodeChallengeMethod.S256)
                .build();

        provider.nextLogin(Map.of("user", "alice"));
        var response = provider.authorize(request.toURI().toString());
        assertEquals(state.getValue(), response.state());

        var grant = new AuthorizationCodeGrant(new AuthorizationCode(response.code()), callback, verifier);
        var tokens = new TokenRequest.Builder(metadata.getTokenEndpointURI(), secret, grant).build();
        var idToken = OIDCTokenResponse.parse(tokens.toHTTPRequest().send()).getOIDCTokens().getIDToken();
        assertEquals("alice", idToken.getJWTClaimsSet().getSubject());
    }

    @Test
    void aRefreshIsTriedAgain(Provider provider) throws Exception {
        provider.putRefreshToken(Map.of("client_id", "web", "sub", "alice", "token", "A-TOKEN"));
        provider.failNext(1);
        var grant = new RefreshTokenGrant(new RefreshToken("A-TOKEN"));
        var refresh = new TokenRequest.Builder(URI.create(provider.tokenUrl()), secret, grant).build();
        assertFalse(refresh.toHTTPRequest().send().indicatesSuccess());
        assertTrue(refresh.toHTTPRequest().send().indicatesSuccess());
        provider.verify(Map.of("grant_type", "refresh_token"), exactly(2));
    }
}
