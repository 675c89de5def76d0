package io.github.oauthmimic;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** A client of the provider. */
final class Client {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private Client() {}

    /** Posts a form, and returns the status. */
    static int post(String url, String form) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form))
                .build();
        return HTTP.send(request, BodyHandlers.discarding()).statusCode();
    }

    static int get(String url) throws Exception {
        return HTTP.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.discarding()).statusCode();
    }

    /** The media type of the page that a browser gets; empty if it gets an error. */
    static String type(String url) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url)).header("Accept", "text/html").build();
        var answer = HTTP.send(request, BodyHandlers.discarding());
        var type = answer.headers().firstValue("Content-Type").orElse("");
        return answer.statusCode() == 200 ? type.replaceFirst(";.*", "") : "";
    }

    static int refresh(Provider provider) throws Exception {
        return post(
                provider.tokenUrl(),
                "grant_type=refresh_token&refresh_token=REFRESH_TOKEN&client_id=CLIENT_ID&client_secret=CLIENT_SECRET");
    }
}
