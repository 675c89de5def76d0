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

    static int refresh(Provider provider) throws Exception {
        return post(
                provider.tokenUrl(),
                "grant_type=refresh_token&refresh_token=REFRESH_TOKEN&client_id=CLIENT_ID&client_secret=CLIENT_SECRET");
    }
}
