package io.github.oauthmimic;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The control plane of a server or of a sandbox. */
final class Control {
    private final String url;
    private final String token;

    Control(String url, String token) {
        this.url = url;
        this.token = token;
    }

    /** The control plane of a sandbox of the same server. */
    Control at(String other) {
        return new Control(other, token);
    }

    /** Sends a request, and returns the members of the answer; none if it has no body. */
    Map<String, Object> send(String method, String path, Object body) {
        var request = method + " " + url + path;
        try {
            var connection = open(url + path);
            connection.setRequestMethod(method);
            // The default is that of a browser, which gets the console.
            connection.setRequestProperty("Accept", "application/json");
            // The longest wait for requests is 300 s.
            connection.setReadTimeout(330_000);
            if (!token.isEmpty()) {
                connection.setRequestProperty("Authorization", "Bearer " + token);
            }
            if (body != null) {
                connection.setDoOutput(true);
                connection.setRequestProperty("Content-Type", "application/json");
                try (var out = connection.getOutputStream()) {
                    out.write(Json.write(body).getBytes(StandardCharsets.UTF_8));
                }
            }
            var status = connection.getResponseCode();
            var text = body(connection);
            if (status >= 300) {
                throw refusal(request, status, text);
            }
            return text.isEmpty() ? Map.of() : Json.readObject(text);
        } catch (IOException e) {
            throw new MimicException(request + ": " + e, e);
        }
    }

    /** A connection that is not kept, and that no proxy sees. */
    static HttpURLConnection open(String url) throws IOException {
        var connection = (HttpURLConnection) URI.create(url).toURL().openConnection(Proxy.NO_PROXY);
        connection.setRequestProperty("Connection", "close");
        connection.setConnectTimeout(10_000);
        connection.setUseCaches(false);
        connection.setInstanceFollowRedirects(false);
        return connection;
    }

    /** The body of an answer, whatever its status. */
    static String body(HttpURLConnection connection) throws IOException {
        try (var stream = connection.getResponseCode() >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            return stream == null ? "" : new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static MimicException refusal(String request, int status, String text) {
        try {
            var problem = Json.readObject(text);
            var pointer = problem.get("pointer");
            if (problem.get("code") instanceof String code && problem.get("detail") instanceof String detail) {
                return new MimicException(request, status, code, detail, pointer == null ? "" : pointer.toString());
            }
        } catch (IllegalArgumentException e) {
            // Something else answers there.
        }
        var start = text.substring(0, Math.min(200, text.length()));
        return new MimicException(request, status, "", "this is not a control plane of oauth-mimic: " + start, "");
    }

    /** A text as a part of a path or of a query. */
    static String encode(Object value) {
        return URLEncoder.encode(String.valueOf(value), StandardCharsets.UTF_8).replace("+", "%20");
    }
}
