package io.github.oauthmimic;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A sandbox of a server: an issuer with its own clients, users, keys, clock, faults and journal. Members of JSON bodies are those
 * of the control plane: {@code client_id}, {@code grant_type}. A method throws a {@link MimicException} if the control plane
 * refuses its request.
 */
public final class Provider implements AutoCloseable {
    private static final Pattern FORM = Pattern.compile(
            "<form method=\"post\" action=\"([^\"]*)\">((?:<input type=\"hidden\" name=\"[^\"]*\" value=\"[^\"]*\">)+)");
    private static final Pattern FIELD = Pattern.compile("name=\"([^\"]*)\" value=\"([^\"]*)\"");
    private static final int REPORTED = 100;

    private final TokenServer server;
    private final Map<String, Object> state;
    private final Map<String, Object> endpoints;
    private final Control control;

    Provider(TokenServer server, Map<String, Object> state) {
        this.server = server;
        this.state = state;
        endpoints = Json.object(state.get("endpoints"));
        control = server.control().at(controlUrl());
    }

    private String endpoint(String name) {
        return String.valueOf(endpoints.get(name));
    }

    /**
     * Returns the server that has the sandbox.
     *
     * @return the server
     */
    public TokenServer server() {
        return server;
    }

    /**
     * Returns the identifier of the sandbox.
     *
     * @return the identifier
     */
    public String id() {
        return String.valueOf(state.get("id"));
    }

    /**
     * Returns its name for people.
     *
     * @return the label; empty if it has none
     */
    public String label() {
        return state.get("label") instanceof String label ? label : "";
    }

    /**
     * Returns the issuer identifier, the {@code iss} of its tokens.
     *
     * @return the issuer
     */
    public String issuer() {
        return String.valueOf(state.get("issuer"));
    }

    /**
     * Returns the address of the sandbox, without the prefix of its profile.
     *
     * @return the URL
     */
    public String baseUrl() {
        return String.valueOf(state.get("base_url"));
    }

    /**
     * Returns the token endpoint.
     *
     * @return the URL
     */
    public String tokenUrl() {
        return endpoint("token");
    }

    /**
     * Returns the authorization endpoint.
     *
     * @return the URL
     */
    public String authorizationUrl() {
        return endpoint("authorization");
    }

    /**
     * Returns the JWK Set document.
     *
     * @return the URL
     */
    public String jwksUrl() {
        return endpoint("jwks");
    }

    /**
     * Returns the metadata document.
     *
     * @return the URL
     */
    public String metadataUrl() {
        return endpoint("metadata");
    }

    /**
     * Returns the userinfo endpoint.
     *
     * @return the URL
     */
    public String userinfoUrl() {
        return endpoint("userinfo");
    }

    /**
     * Returns the introspection endpoint.
     *
     * @return the URL
     */
    public String introspectionUrl() {
        return endpoint("introspection");
    }

    /**
     * Returns the revocation endpoint.
     *
     * @return the URL
     */
    public String revocationUrl() {
        return endpoint("revocation");
    }

    /**
     * Returns the end session endpoint.
     *
     * @return the URL
     */
    public String endSessionUrl() {
        return endpoint("end_session");
    }

    /**
     * Returns the control plane of the sandbox.
     *
     * @return the URL
     */
    public String controlUrl() {
        return endpoint("control");
    }

    /**
     * Returns the page that shows the sandbox in a browser.
     *
     * @return the URL
     */
    public String consoleUrl() {
        return controlUrl() + "/";
    }

    /**
     * Sends any request to the control plane of the sandbox.
     *
     * @param method the HTTP method
     * @param path a path below {@link #controlUrl}, such as {@code /clients}
     * @param body the body: maps, lists, texts, numbers; null for none
     * @return the members of the answer; none if it has no body
     */
    public Map<String, Object> control(String method, String path, Object body) {
        return control.send(method, path, body);
    }

    private List<Map<String, Object>> list(String path, String member) {
        return Json.objects(control("GET", path, null).get(member));
    }

    /** A member of an object as a segment of a path. */
    private static String segment(Map<String, ?> object, String member) {
        return "/" + Control.encode(object.containsKey(member) ? object.get(member) : "");
    }

    /**
     * Returns the registered clients.
     *
     * @return the clients
     */
    public List<Map<String, Object>> clients() {
        return list("/clients", "clients");
    }

    /**
     * Adds a client, or replaces the one with the same {@code client_id}.
     *
     * @param client the client
     */
    public void putClient(Map<String, ?> client) {
        control("PUT", "/clients" + segment(client, "client_id"), client);
    }

    /**
     * Removes a client.
     *
     * @param clientId its identifier
     */
    public void removeClient(String clientId) {
        control("DELETE", "/clients/" + Control.encode(clientId), null);
    }

    /**
     * Returns the users.
     *
     * @return the users
     */
    public List<Map<String, Object>> users() {
        return list("/users", "users");
    }

    /**
     * Adds a user, or replaces the one with the same {@code sub}.
     *
     * @param user the user
     */
    public void putUser(Map<String, ?> user) {
        control("PUT", "/users" + segment(user, "sub"), user);
    }

    /**
     * Removes a user.
     *
     * @param sub the identifier of the user
     */
    public void removeUser(String sub) {
        control("DELETE", "/users/" + Control.encode(sub), null);
    }

    /**
     * Adds a refresh token whose value a test chooses, or replaces the one of the client that has the same value.
     *
     * @param token its {@code token}, {@code client_id}, {@code sub}, and more
     */
    public void putRefreshToken(Map<String, ?> token) {
        control("PUT", "/clients" + segment(token, "client_id") + "/refresh-tokens" + segment(token, "token"), token);
    }

    private Instant clock(String method, String path, Object body) {
        return Instant.parse(String.valueOf(control(method, path, body).get("now")));
    }

    /**
     * Returns the time of the provider.
     *
     * @return the time
     */
    public Instant now() {
        return clock("GET", "/clock", null);
    }

    /**
     * Moves the clock.
     *
     * @param seconds seconds; negative to move back
     * @return the new time
     */
    public Instant advance(long seconds) {
        return clock("POST", "/clock/advance", Map.of("seconds", seconds));
    }

    /**
     * Moves the clock.
     *
     * @param duration a duration, of which whole seconds count; negative to move back
     * @return the new time
     */
    public Instant advance(Duration duration) {
        return advance(duration.toSeconds());
    }

    /**
     * Stops the clock.
     *
     * @param at the time, in whole seconds
     */
    public void freeze(Instant at) {
        control("PUT", "/clock", Map.of("now", at.truncatedTo(ChronoUnit.SECONDS)));
    }

    /** Returns the clock to real time. */
    public void release() {
        control("DELETE", "/clock", null);
    }

    /**
     * Makes the next requests to the token endpoint fail with status 503.
     *
     * @param count how many
     */
    public void failNext(int count) {
        failNext(count, Map.of());
    }

    /**
     * Makes the next requests fail.
     *
     * @param count how many
     * @param rule which and how, as for {@link #addFault}. Default: requests to the token endpoint, with status 503
     */
    public void failNext(int count, Map<String, ?> rule) {
        Map<String, Object> whole = new LinkedHashMap<>();
        whole.put("on", "token");
        whole.put("fault", Map.of("kind", "status", "status", 503));
        whole.putAll(rule);
        whole.put("times", count);
        addFault(whole);
    }

    /**
     * Adds a fault rule.
     *
     * @param rule the rule: {@code on}, {@code fault}, and more
     * @return its id
     */
    public long addFault(Map<String, ?> rule) {
        return ((Number) control("POST", "/faults", rule).get("id")).longValue();
    }

    /**
     * Returns the fault rules, with what is left of each.
     *
     * @return the rules
     */
    public List<Map<String, Object>> faults() {
        return list("/faults", "faults");
    }

    /**
     * Removes a fault rule.
     *
     * @param id its id
     */
    public void removeFault(long id) {
        control("DELETE", "/faults/" + id, null);
    }

    /** Removes all fault rules. */
    public void clearFaults() {
        control("DELETE", "/faults", null);
    }

    /**
     * Plays a built-in scenario.
     *
     * @param name its name
     */
    public void play(String name) {
        control("POST", "/scenarios/" + Control.encode(name), null);
    }

    /**
     * Plays a scenario of your own.
     *
     * @param scenario its {@code description}, {@code faults}, and more
     */
    public void play(Map<String, ?> scenario) {
        control("POST", "/scenarios", scenario);
    }

    /**
     * Makes a token response: what the first client gets for the first user.
     *
     * @return the tokens
     */
    public Minted mint() {
        return mint(Map.of());
    }

    /**
     * Makes one token, or a token response.
     *
     * @param order its {@code kind}, such as {@code access_token}, {@code client_id}, {@code sub}, {@code claims},
     *     {@code defect}, and more
     * @return the token or the tokens
     */
    public Minted mint(Map<String, ?> order) {
        return new Minted(control("POST", "/tokens", order));
    }

    /**
     * Signs with a new key. The previous one stays published.
     *
     * @return the {@code kid} of the new key
     */
    public String rotateKeys() {
        return Json.objects(control("POST", "/keys/rotate", null).get("keys")).stream()
                .filter(key -> Boolean.TRUE.equals(key.get("signs")))
                .map(key -> String.valueOf(key.get("kid")))
                .findFirst()
                .orElseThrow();
    }

    /** Scripts the next login: the first user logs in, and sees no page. */
    public void nextLogin() {
        nextLogin(Map.of());
    }

    /**
     * Scripts the next login, which then shows no page.
     *
     * @param login its {@code client_id}, {@code user}, {@code deny}, {@code error}, {@code scope}, {@code acr}, {@code delay}
     *     and {@code times}
     */
    public void nextLogin(Map<String, ?> login) {
        control("POST", "/logins", login);
    }

    /**
     * Sends an authorization request as a browser does that has no session, and returns the response. It does not send that to the
     * client. Call {@link #nextLogin} before, because nobody fills in a login page.
     *
     * @param url the URL to which the client sends its users
     * @return the response
     * @throws MimicException if the server shows a page
     */
    public AuthorizationResponse authorize(String url) {
        try {
            return authorized(Control.open(url));
        } catch (IOException e) {
            throw new MimicException("GET " + url + ": " + e, e);
        }
    }

    private AuthorizationResponse authorized(HttpURLConnection connection) throws IOException {
        connection.setReadTimeout(90_000);
        var status = connection.getResponseCode();
        var page = Control.body(connection);
        var location = connection.getHeaderField("Location");
        if (location != null) {
            var url = URI.create(location);
            var parameters = parameters(url.getRawQuery());
            parameters.putAll(parameters(url.getRawFragment()));
            return new AuthorizationResponse(url, parameters);
        }
        // A page that posts itself to the client (OAuth 2.0 Form Post Response Mode).
        var form = FORM.matcher(page);
        if (form.find() && page.contains("document.forms[0].submit()")) {
            Map<String, String> parameters = new LinkedHashMap<>();
            FIELD.matcher(form.group(2)).results().forEach(
                    field -> parameters.put(unescape(field.group(1)), unescape(field.group(2))));
            return new AuthorizationResponse(URI.create(unescape(form.group(1))), parameters);
        }
        if (status == HttpURLConnection.HTTP_OK) {
            throw new MimicException("the server shows a page for a person; call nextLogin before", null);
        }
        var requests = requests(Map.of("endpoint", "authorization"));
        var reason = requests.isEmpty() ? "" : requests.get(requests.size() - 1).reason();
        throw new MimicException("the server does not redirect: status " + status + ": " + reason, null);
    }

    private static Map<String, String> parameters(String encoded) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (var pair : (encoded == null ? "" : encoded).split("&")) {
            if (!pair.isEmpty()) {
                var parts = pair.split("=", 2);
                parameters.put(decode(parts[0]), parts.length == 2 ? decode(parts[1]) : "");
            }
        }
        return parameters;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static String unescape(String html) {
        return html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&#x27;", "'")
                .replace("&amp;", "&");
    }

    private static String query(Map<String, ?> filter) {
        return filter.entrySet().stream()
                .map(member -> Control.encode(member.getKey()) + "=" + Control.encode(member.getValue()))
                .collect(Collectors.joining("&", "?", ""));
    }

    private static List<Exchange> exchanges(Map<String, Object> answer) {
        return Json.objects(answer.get("requests")).stream().map(Exchange::new).toList();
    }

    /**
     * Returns the journal.
     *
     * @return all entries, oldest first
     */
    public List<Exchange> requests() {
        return requests(Map.of());
    }

    /**
     * Returns entries of the journal.
     *
     * @param filter {@code endpoint}, {@code client_id}, {@code grant_type}, {@code status}, {@code outcome}, {@code error},
     *     {@code refusal}, {@code advice}, and more
     * @return the entries that match, oldest first
     */
    public List<Exchange> requests(Map<String, ?> filter) {
        return exchanges(control("GET", "/requests" + query(filter), null));
    }

    /** Empties the journal. */
    public void clearRequests() {
        control("DELETE", "/requests", null);
    }

    /**
     * Waits until enough requests match.
     *
     * @param filter as for {@link #requests(Map)}
     * @param count how many
     * @param timeout how long to wait, at most 300 seconds
     * @return the entries that match
     * @throws AssertionError if fewer arrived in that time
     */
    public List<Exchange> waitFor(Map<String, ?> filter, int count, Duration timeout) {
        Map<String, Object> whole = new LinkedHashMap<>(filter);
        whole.put("count", count);
        whole.put("timeout", timeout.toMillis() / 1000.0);
        return exchanges(expect("GET", "/requests/wait" + query(whole), null));
    }

    /**
     * Compares the journal with an expectation. Write {@code provider.verify(Map.of("endpoint", "token"), exactly(1))}.
     *
     * @param filter which requests are compared, as for {@link #requests(Map)}
     * @param expectation what is expected of them
     * @throws AssertionError if they differ, with the text of the server: what was expected, and what arrived instead
     */
    public void verify(Map<String, ?> filter, Expectation expectation) {
        Map<String, Object> body = new LinkedHashMap<>(expectation.members());
        body.put("filter", filter);
        expect("POST", "/verify", body);
    }

    private Map<String, Object> expect(String method, String path, Object body) {
        try {
            return control(method, path, body);
        } catch (MimicException e) {
            if (e.status() == HttpURLConnection.HTTP_CONFLICT) {
                throw new AssertionError(e.detail());
            }
            throw e;
        }
    }

    /** Returns the provider to its initial state: clients, users, tokens, keys, clock, faults and journal. */
    public void reset() {
        control("POST", "/reset", null);
    }

    /**
     * Returns the journal for the report of a failed test, with the address of the console.
     *
     * @return lines of text, without a line break at the end
     */
    public String report() {
        var lines = new StringBuilder();
        lines.append("oauth-mimic: the requests of the sandbox ").append(label()).append(", console ").append(consoleUrl());
        try {
            var requests = requests();
            var first = Math.max(0, requests.size() - REPORTED);
            if (first > 0) {
                lines.append("\n  (").append(first).append(" earlier ones)");
            }
            requests.stream().skip(first).forEach(each -> lines.append("\n  ").append(each));
            if (requests.isEmpty()) {
                lines.append("\n  nothing arrived");
            }
        } catch (MimicException e) {
            lines.append("\n  ").append(e.getMessage());
        }
        return lines.toString();
    }

    /** Removes the sandbox, unless {@code OAUTH_MIMIC_KEEP} is set. */
    @Override
    public void close() {
        var keep = System.getenv("OAUTH_MIMIC_KEEP");
        if (keep != null && !keep.isEmpty() && !keep.equals("0")) {
            return;
        }
        try {
            server.control().send("DELETE", "/sandboxes/" + Control.encode(id()), null);
        } catch (MimicException e) {
            if (e.status() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
        }
    }
}
