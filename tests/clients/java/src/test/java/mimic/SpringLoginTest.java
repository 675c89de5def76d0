package mimic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.csrf;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;

import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.mock.web.MockHttpSession;
import org.springframework.mock.web.MockServletContext;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.endpoint.OAuth2RefreshTokenGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientRefreshTokenTokenResponseClient;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.HttpSessionOAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthorizationException;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.test.web.servlet.setup.SecurityMockMvcConfigurers;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.WebAttributes;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.MvcResult;
import org.springframework.test.web.servlet.request.MockHttpServletRequestBuilder;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.support.AnnotationConfigWebApplicationContext;
import org.springframework.web.servlet.config.annotation.EnableWebMvc;

/** An application with Spring Security's login, which is driven by MockMvc. */
class SpringLoginTest {
    @Configuration
    @EnableWebMvc
    @EnableWebSecurity
    static class Application {
        @Bean
        SecurityFilterChain filters(HttpSecurity http, ClientRegistrationRepository registrations) throws Exception {
            var atTheProvider = new OidcClientInitiatedLogoutSuccessHandler(registrations);
            atTheProvider.setPostLogoutRedirectUri(Sandbox.HOME);
            return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                    .oauth2Login(Customizer.withDefaults())
                    .logout(logout -> logout.logoutSuccessHandler(atTheProvider))
                    .build();
        }

        @Bean
        OAuth2AuthorizedClientRepository authorizedClients() {
            return new HttpSessionOAuth2AuthorizedClientRepository();
        }

        @Bean
        Pages pages() {
            return new Pages();
        }
    }

    @RestController
    static class Pages {
        @GetMapping("/me")
        String me(@AuthenticationPrincipal OidcUser user) {
            return user.getSubject() + " " + user.getEmail();
        }

        /** Spring Security refreshes an access token that ends within a minute, before the method is called. */
        @GetMapping("/refreshed")
        String refreshed(@RegisteredOAuth2AuthorizedClient("mimic") OAuth2AuthorizedClient client) {
            return client.getRefreshToken().getTokenValue();
        }
    }

    /** The application, and a user with a session and a browser. */
    private static final class App implements AutoCloseable {
        final Sandbox sandbox;
        final Robot user = new Robot();
        private final MockHttpSession session = new MockHttpSession();
        private final AnnotationConfigWebApplicationContext context = new AnnotationConfigWebApplicationContext();
        private final ClientRegistration registration;
        private final MockMvc mvc;

        App(Sandbox sandbox) {
            this.sandbox = sandbox;
            registration = ClientRegistrations.fromIssuerLocation(sandbox.issuer)
                    .registrationId("mimic")
                    .clientId("web")
                    .clientSecret("web-secret")
                    .scope("openid", "email", "offline_access")
                    .build();
            context.setServletContext(new MockServletContext());
            context.addBeanFactoryPostProcessor(factory -> factory.registerSingleton(
                    "registrations", new InMemoryClientRegistrationRepository(registration)));
            context.register(Application.class);
            context.refresh();
            mvc = MockMvcBuilders.webAppContextSetup(context)
                    .apply(SecurityMockMvcConfigurers.springSecurity())
                    .build();
        }

        MvcResult send(MockHttpServletRequestBuilder request) throws Exception {
            return mvc.perform(request.session(session)).andReturn();
        }

        String page(String path) throws Exception {
            var response = send(get(path)).getResponse();
            assertEquals(200, response.getStatus(), path);
            return response.getContentAsString();
        }

        URI redirect(MockHttpServletRequestBuilder request) throws Exception {
            var location = send(request).getResponse().getRedirectedUrl();
            assertNotNull(location);
            return URI.create(location);
        }

        /** The URL of the provider that the user is sent to. */
        URI begin() throws Exception {
            assertEquals("/oauth2/authorization/mimic", redirect(get("/me")).getPath());
            return redirect(get("/oauth2/authorization/mimic"));
        }

        /** Brings the user back; the result is where the application then sends the user. */
        String finish(URI back) throws Exception {
            return redirect(get(back)).toString();
        }

        /** Why the login failed. */
        String failure(URI back) throws Exception {
            assertEquals("/login?error", finish(back));
            var why = session.getAttribute(WebAttributes.AUTHENTICATION_EXCEPTION);
            return assertInstanceOf(OAuth2AuthenticationException.class, why).getError().getErrorCode();
        }

        void refresh(String refreshToken) {
            var issued = Instant.now();
            var access = new OAuth2AccessToken(OAuth2AccessToken.TokenType.BEARER, "any", issued, issued.plusSeconds(1));
            new RestClientRefreshTokenTokenResponseClient().getTokenResponse(new OAuth2RefreshTokenGrantRequest(
                    registration, access, new OAuth2RefreshToken(refreshToken, issued)));
        }

        @Override
        public void close() {
            context.close();
            sandbox.close();
        }
    }

    @TestFactory
    Stream<DynamicTest> logsInRefreshesReadsUserinfoAndLogsOut() {
        return Stream.of("connect", "standard")
                .flatMap(profile -> Stream.of(Way.values())
                        .map(way -> DynamicTest.dynamicTest(profile + " " + way, () -> logsIn(profile, way))));
    }

    private static void logsIn(String profile, Way way) throws Exception {
        try (var app = new App(way.sandbox(profile))) {
            var address = app.begin();
            for (var parameter : new String[] {"state=", "nonce=", "code_challenge=", "code_challenge_method=S256"}) {
                assertTrue(address.getQuery().contains(parameter), address::toString);
            }
            var next = app.finish(way.logIn(app.sandbox, app.user, address));
            assertEquals("http://localhost/me?continue", next);
            // The email address is at userinfo, not in the ID token.
            assertEquals(way.sub + " " + way.sub + "@example.com", app.page("/me"));
            app.sandbox.arrived(1, Map.of("endpoint", "userinfo", "status", 200));

            var refreshToken = app.page("/refreshed");
            app.sandbox.arrived(1, Map.of("endpoint", "token", "grant_type", "refresh_token", "outcome", "issued"));

            var logout = app.redirect(post("/logout").with(csrf()));
            assertEquals(Sandbox.HOME, app.user.visit(logout).toString());
            assertEquals(302, app.send(get("/me")).getResponse().getStatus());
            var refused = assertThrows(OAuth2AuthorizationException.class, () -> app.refresh(refreshToken));
            assertEquals("invalid_grant", refused.getError().getErrorCode());
        }
    }

    @Test
    void reportsADenial() throws Exception {
        try (var app = new App(Sandbox.login("standard", false))) {
            app.user.visit(app.begin());
            assertEquals("access_denied", app.failure(app.user.press("Deny")));
            app.sandbox.nextLogin(Map.of("deny", true));
            assertEquals("access_denied", app.failure(app.user.visit(app.begin())));
        }
    }

    @Test
    void refusesTheCallbackOfAnotherLogin() throws Exception {
        try (var app = new App(Sandbox.login("standard", true));
                var attacker = new App(Sandbox.login("standard", true))) {
            var stolen = attacker.user.visit(attacker.begin());
            app.begin();
            assertEquals("authorization_request_not_found", app.failure(stolen));
            app.sandbox.arrived(0, Map.of("endpoint", "token"));
        }
    }

    @Test
    void refusesAReplayedCallback() throws Exception {
        try (var app = new App(Sandbox.login("standard", true))) {
            var back = app.user.visit(app.begin());
            app.finish(back);
            assertEquals("authorization_request_not_found", app.failure(back));
            app.sandbox.arrived(1, Map.of("endpoint", "token"));
        }
    }

    @Test
    void refusesAnIdTokenThatIsNotOfThisLogin() throws Exception {
        var table = Map.of(
                Map.<String, Object>of("nonce", "another"), "invalid_nonce",
                Map.<String, Object>of("iss", "https://elsewhere.test"), "invalid_id_token",
                Map.<String, Object>of("azp", "another"), "invalid_id_token");
        for (var row : table.entrySet()) {
            try (var app = new App(Sandbox.login("standard", true))) {
                app.sandbox.idTokenHas(row.getKey(), 0);
                assertEquals(row.getValue(), app.failure(app.user.visit(app.begin())), row.getKey()::toString);
                app.finish(app.user.visit(app.begin()));
                assertEquals("alice alice@example.com", app.page("/me"));
            }
        }
    }

    @Test
    void refusesTheUserinfoOfAnotherUser() throws Exception {
        try (var app = new App(Sandbox.login("standard", true))) {
            var fault = Map.of("kind", "answer", "set", Map.of("sub", "mallory"));
            app.sandbox.control("POST", "/faults", Map.of("on", "userinfo", "times", 1, "fault", fault));
            assertEquals("invalid_user_info_response", app.failure(app.user.visit(app.begin())));
        }
    }

    /** What it does not look at: at_hash, which is optional here (OpenID Connect Core §3.1.3.6), and iss (RFC 9207 §2.4). */
    @Test
    void acceptsAnotherAtHashAndAnotherIssuerOfTheCallback() throws Exception {
        try (var app = new App(Sandbox.login("standard", true))) {
            app.sandbox.idTokenHas(Map.of("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), 0);
            app.finish(app.user.visit(app.begin()));
            assertEquals("alice alice@example.com", app.page("/me"));
        }
        try (var app = new App(Sandbox.login("standard", true))) {
            var back = app.user.visit(app.begin()).toString();
            assertTrue(back.contains("iss="), back);
            app.finish(URI.create(back.replaceAll("iss=[^&]*", "iss=https%3A%2F%2Felsewhere.test")));
            assertEquals("alice alice@example.com", app.page("/me"));
        }
    }

    /** It verifies the ID token of a refresh, too (OpenID Connect Core §12.2): the user must log in again. */
    @Test
    void refusesARefreshForAnotherUser() throws Exception {
        try (var app = new App(Sandbox.login("standard", true))) {
            app.sandbox.idTokenHas(Map.of("sub", "bob"), 1);
            app.finish(app.user.visit(app.begin()));
            assertEquals("/oauth2/authorization/mimic", app.redirect(get("/refreshed")).getPath());
            app.sandbox.arrived(1, Map.of("endpoint", "token", "grant_type", "refresh_token", "outcome", "issued"));
        }
    }
}
