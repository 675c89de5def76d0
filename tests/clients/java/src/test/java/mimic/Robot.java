package mimic;

import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.FormElement;

/** A browser that does what a user does: it follows redirects, keeps cookies, and fills in forms by what they show. */
final class Robot {
    private final HttpClient http = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
    private final Map<String, String> filled = new HashMap<>();
    private Document page;

    /** Opens an address. The result is the URL outside of the server that the browser is sent to, or null where there is a page. */
    URI visit(URI address) {
        return follow(address, HttpRequest.newBuilder(address).build());
    }

    /** Writes into the field with that label. */
    void fill(String label, String text) {
        var field = page.getElementById(named("label", label).attr("for"));
        filled.put(field.attr("name"), text);
    }

    /** Presses the button whose text begins so, and sends its form. */
    URI press(String text) {
        var button = named("button", text);
        var form = (FormElement) button.closest("form");
        var sent = new HashMap<String, String>();
        form.formData().forEach(field -> sent.put(field.key(), filled.getOrDefault(field.key(), field.value())));
        sent.put(button.attr("name"), button.attr("value"));
        var body = sent.entrySet().stream()
                .map(field -> encoded(field.getKey()) + "=" + encoded(field.getValue()))
                .collect(Collectors.joining("&"));
        var action = URI.create(form.absUrl("action"));
        return follow(action, HttpRequest.newBuilder(action)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private URI follow(URI at, HttpRequest request) {
        try {
            var response = http.send(request, HttpResponse.BodyHandlers.ofString());
            var location = response.headers().firstValue("Location").map(at::resolve);
            if (location.isPresent()) {
                var next = location.get();
                return next.getAuthority().equals(at.getAuthority()) ? visit(next) : next;
            }
            page = Jsoup.parse(response.body(), at.toString());
            filled.clear();
            return null;
        } catch (IOException | InterruptedException why) {
            throw new AssertionError(at.toString(), why);
        }
    }

    private Element named(String name, String text) {
        return page.select(name).stream()
                .filter(element -> element.text().startsWith(text))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the page has no " + name + " " + text + ": " + page.text()));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
