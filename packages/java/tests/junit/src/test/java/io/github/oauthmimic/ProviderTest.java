package io.github.oauthmimic;

import static io.github.oauthmimic.Expectation.atLeast;
import static io.github.oauthmimic.Expectation.atMost;
import static io.github.oauthmimic.Expectation.exactly;
import static io.github.oauthmimic.Expectation.inOrder;
import static io.github.oauthmimic.Expectation.noAdvice;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(OAuthMimic.class)
class ProviderTest {
    static final Set<String> SANDBOXES = ConcurrentHashMap.newKeySet();
    static final Set<String> SERVERS = ConcurrentHashMap.newKeySet();

    @BeforeEach
    void remember(Provider provider, TokenServer server) {
        SANDBOXES.add(provider.id());
        SERVERS.add(server.url());
        assertEquals(server, provider.server());
    }

    @AfterAll
    static void oneServerHasASandboxForEachTest() {
        assertEquals(1, SERVERS.size());
        assertTrue(SANDBOXES.size() >= 20, SANDBOXES.toString());
    }

    @RepeatedTest(20)
    void providersOfParallelTestsAreIndependent(Provider provider, RepetitionInfo repetition) throws Exception {
        var start = Instant.parse("2023-03-28T12:23:16Z");
        provider.freeze(start);
        var count = repetition.getCurrentRepetition();
        for (var each = 0; each < count; each++) {
            assertEquals(200, Client.refresh(provider));
            provider.advance(1);
        }
        provider.verify(Map.of("grant_type", "refresh_token"), exactly(count));
        assertEquals(start.plusSeconds(count), provider.now());
        assertTrue(SANDBOXES.contains(provider.id()), "the provider of the method before is another one");
    }

    @Test
    void theLabelIsTheNameOfTheTest(Provider provider) {
        assertEquals("ProviderTest theLabelIsTheNameOfTheTest", provider.label());
    }

    @Test
    void theEndpointsAnswer(Provider provider) throws Exception {
        var endpoints = Map.of(
                "token", provider.tokenUrl(),
                "authorization", provider.authorizationUrl(),
                "jwks", provider.jwksUrl(),
                "metadata", provider.metadataUrl(),
                "userinfo", provider.userinfoUrl(),
                "introspection", provider.introspectionUrl(),
                "revocation", provider.revocationUrl(),
                "end_session", provider.endSessionUrl());
        for (var endpoint : endpoints.entrySet()) {
            Client.get(endpoint.getValue());
            provider.verify(Map.of("endpoint", endpoint.getKey()), exactly(1));
        }
        assertTrue(provider.issuer().startsWith(provider.baseUrl()));
    }

    @Test
    void theConsoleIsAPage(Provider provider) throws Exception {
        assertEquals("text/html", Client.type(provider.consoleUrl()));
    }

    @Test
    void theClock(Provider provider) {
        var at = Instant.parse("2030-01-02T03:04:05.678Z");
        provider.freeze(at);
        assertEquals(Instant.parse("2030-01-02T02:04:05Z"), provider.advance(Duration.ofHours(-1)));
        provider.release();
        assertTrue(Duration.between(provider.now(), Instant.now()).abs().toMinutes() < 1);
    }

    @Test
    void theNextRequestsFail(Provider provider) throws Exception {
        provider.failNext(2);
        provider.failNext(1, Map.of("fault", Map.of("kind", "error", "error", "invalid_grant")));
        for (var expected : List.of(503, 503, 400, 200)) {
            assertEquals(expected, Client.refresh(provider));
        }
    }

    @Test
    void faultsAreListedAndRemoved(Provider provider) throws Exception {
        var fault = Map.of("kind", "status", "status", 500);
        var first = provider.addFault(Map.of("on", "token", "fault", fault));
        provider.addFault(Map.of("on", "jwks", "fault", fault));
        provider.removeFault(first);
        assertEquals(List.of("jwks"), provider.faults().stream().map(each -> each.get("on")).toList());
        provider.clearFaults();
        assertEquals(List.of(), provider.faults());
        provider.play("flaky-gateway");
        assertNotEquals(List.of(), provider.faults());
        provider.clearFaults();
        provider.play(Map.of("description", "mine", "faults", List.of(Map.of("on", "token", "fault", fault))));
        assertEquals(500, Client.refresh(provider));
    }

    @Test
    void clientsUsersAndNamedTokens(TokenServer server) throws Exception {
        var options = new NewSandbox()
                .label("mine")
                .clock(Instant.parse("2023-03-28T12:23:16.5Z"))
                .seed(7)
                .leniency("anything")
                .fixtures(Map.of("clients", List.of()));
        try (var provider = server.sandbox(options)) {
            assertEquals("mine", provider.label());
            assertEquals(Instant.parse("2023-03-28T12:23:16Z"), provider.now());
            provider.putClient(Map.of("client_id", "a/b c", "client_secret", "secret"));
            provider.putUser(Map.of("sub", "bob"));
            provider.putRefreshToken(Map.of("client_id", "a/b c", "sub", "bob", "token", "TO/KEN"));
            var form = "grant_type=refresh_token&refresh_token=TO%2FKEN&client_id=a%2Fb+c&client_secret=secret";
            assertEquals(200, Client.post(provider.tokenUrl(), form));
            var request = provider.requests().get(0);
            assertEquals(List.of("bob", "a/b c", "issued"), List.of(request.sub(), request.clientId(), request.outcome()));
            assertEquals(provider.now(), request.at());
            provider.removeClient("a/b c");
            provider.removeUser("bob");
            assertEquals(List.of(List.of(), List.of()), List.of(provider.clients(), provider.users()));
        }
    }

    @Test
    void tokensAreMinted(Provider provider) {
        var whole = provider.mint();
        assertNotNull(whole.accessToken());
        assertNotNull(whole.refreshToken());
        assertNotNull(whole.idToken());
        assertNull(whole.token());
        var expired = provider.mint(Map.of("kind", "access_token", "sub", "alice", "defect", Map.of("kind", "expired")));
        var payload = Base64.getUrlDecoder().decode(expired.token().split("\\.")[1]);
        var claims = Json.readObject(new String(payload, StandardCharsets.UTF_8));
        assertEquals("alice", claims.get("sub"));
        assertTrue((Long) claims.get("exp") <= provider.now().getEpochSecond(), claims.toString());
    }

    @Test
    void aNewKeySigns(Provider provider) {
        assertNotEquals(provider.rotateKeys(), provider.rotateKeys());
    }

    @Test
    void requestsAreVerified(Provider provider) throws Exception {
        var differs = assertThrows(AssertionError.class, () -> provider.verify(Map.of("endpoint", "token"), atLeast(1)));
        assertEquals(
                "expected at least 1 requests with endpoint token, and 0 came\nnothing arrived at all", differs.getMessage());
        Client.refresh(provider);
        provider.verify(
                Map.of("endpoint", "token"), atLeast(1).and(atMost(1)).and(inOrder(List.of(Map.of("status", 200)))));
        provider.verify(Map.of("endpoint", "jwks"), exactly(0).and(noAdvice()));
        assertThrows(AssertionError.class, () -> provider.verify(Map.of(), atMost(0)));
    }

    @Test
    void requestsAreWaitedFor(Provider provider) throws Exception {
        var late = assertThrows(AssertionError.class, () -> provider.waitFor(Map.of(), 1, Duration.ofMillis(10)));
        assertTrue(late.getMessage().contains("nothing arrived"), late.getMessage());
        Client.refresh(provider);
        assertEquals("issued", provider.waitFor(Map.of("status", 200), 1, Duration.ofSeconds(1)).get(0).outcome());
        provider.clearRequests();
        assertEquals(List.of(), provider.requests(Map.of("endpoint", "token")));
    }

    @Test
    void aProviderIsReset(Provider provider) throws Exception {
        provider.putUser(Map.of("sub", "carol"));
        provider.failNext(1);
        provider.reset();
        assertEquals(200, Client.refresh(provider));
        assertTrue(provider.users().stream().noneMatch(user -> user.get("sub").equals("carol")));
    }

    static String authorization(Provider provider, String more) {
        return provider.authorizationUrl() + "?response_type=code&client_id=web&state=a%20b&scope=openid"
                + "&redirect_uri=http://localhost:3000/callback" + more;
    }

    @ParameterizedTest
    @CsvSource({"query", "fragment", "form_post"})
    void aLoginIsScripted(String mode, Provider provider) {
        provider.nextLogin(Map.of("user", "alice"));
        var response = provider.authorize(authorization(provider, "&response_mode=" + mode));
        assertNotNull(response.code());
        assertEquals("a b", response.state());
        assertEquals(provider.issuer(), response.parameters().get("iss"));
        assertEquals("/callback", response.url().getPath());
        provider.nextLogin(Map.of("deny", true));
        response = provider.authorize(authorization(provider, "&response_mode=" + mode));
        assertEquals("access_denied", response.error());
        assertNull(response.code());
    }

    @Test
    void aLoginThatNobodyScriptedIsAnError(Provider provider) {
        var page = assertThrows(MimicException.class, () -> provider.authorize(authorization(provider, "")));
        assertTrue(page.getMessage().contains("call nextLogin before"), page.getMessage());
        var refused =
                assertThrows(MimicException.class, () -> provider.authorize(authorization(provider, "&redirect_uri=http://a.b")));
        assertTrue(refused.getMessage().contains("status 400: redirect_uri is repeated"), refused.getMessage());
    }

    @Test
    void aRefusalOfTheControlPlaneIsAnException(Provider provider) {
        var rule = Map.of("on", "nowhere", "fault", Map.of("kind", "status", "status", 500));
        var refusal = assertThrows(MimicException.class, () -> provider.addFault(rule));
        assertEquals(
                List.of(400, "invalid_body", "/on"), List.of(refusal.status(), refusal.code(), refusal.pointer()));
        assertTrue(refusal.getMessage().contains(refusal.detail()));
        assertEquals(404, assertThrows(MimicException.class, () -> provider.removeClient("nobody")).status());
    }
}
