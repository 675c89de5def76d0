package mimic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
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
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.AuthenticationResponseParser;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProviderTest {
    static final HttpClient HTTP = HttpClient.newHttpClient();
    static Process server;
    static String mimic;

    @BeforeAll
    static void start() throws Exception {
        server = new ProcessBuilder("oauth-mimic", "--port", "0", "--log", "off", "--until-stdin-closes").start();
        mimic = server.inputReader().readLine().replace("listening on ", "");
    }

    @AfterAll
    static void stop() {
        server.destroy();
    }

    /** Makes a provider for one test, and returns its base URL. */
    static String newProvider() throws Exception {
        var sandbox = post(mimic + "/_mimic/sandboxes", "").body();
        // Use a JSON reader of your project. `issuer` and `endpoints` are there, too.
        return sandbox.replaceAll(".*\"base_url\":\"([^\"]*)\".*", "$1");
    }

    static HttpResponse<String> post(String url, String json) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json))
                .build();
        return HTTP.send(request, BodyHandlers.ofString());
    }

    @Test
    void aProviderPublishesItsKeys() throws Exception {
        var provider = newProvider();
        var jwks = HttpRequest.newBuilder(URI.create(provider + "/connect/.well-known/jwks.json")).build();
        assertEquals(200, HTTP.send(jwks, BodyHandlers.ofString()).statusCode());
        var expected = "{\"filter\": {\"endpoint\": \"jwks\"}, \"exactly\": 1}";
        assertEquals(200, post(provider + "/_mimic/verify", expected).statusCode());
    }

    /** Logs a user in at the URL to which a client sends its users, and returns the URL at which the client gets them back. */
    static URI logIn(String provider, String user, URI url) throws Exception {
        assertEquals(201, post(provider + "/_mimic/logins", "{\"user\": \"" + user + "\"}").statusCode());
        var answer = HTTP.send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofString());
        return URI.create(answer.headers().firstValue("Location").orElseThrow());
    }

    @Test
    void aliceLogsIn() throws Exception {
        var provider = newProvider();
        var metadata = OIDCProviderMetadata.resolve(new Issuer(provider + "/connect"));
        var client = new ClientID("web");
        var callback = URI.create("http://localhost:3000/callback");
        var state = new State();
        var verifier = new CodeVerifier();
        var request = new AuthenticationRequest.Builder(ResponseType.CODE, new Scope("openid", "email"), client, callback)
                .endpointURI(metadata.getAuthorizationEndpointURI())
                .state(state)
                .codeChallenge(verifier, CodeChallengeMethod.S256)
                .build();
        var response = AuthenticationResponseParser.parse(logIn(provider, "alice", request.toURI()));
        assertEquals(state, response.getState());
        var code = response.toSuccessResponse().getAuthorizationCode();
        var tokens = new TokenRequest.Builder(
                        metadata.getTokenEndpointURI(),
                        new ClientSecretBasic(client, new Secret("web-secret")),
                        new AuthorizationCodeGrant(code, callback, verifier))
                .build();
        var idToken = OIDCTokenResponse.parse(tokens.toHTTPRequest().send()).getOIDCTokens().getIDToken();
        assertEquals("alice", idToken.getJWTClaimsSet().getSubject());
    }
}
