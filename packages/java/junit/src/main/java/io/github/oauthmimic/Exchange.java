package io.github.oauthmimic;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * An entry of the journal: a request, and how it was answered. It has no secret and no token. Texts that an entry does not have
 * are empty.
 *
 * @param members all members, with the names of the control plane
 */
public record Exchange(Map<String, Object> members) {
    private String text(String member) {
        return members.get(member) instanceof String text ? text : "";
    }

    private int integer(String member) {
        return members.get(member) instanceof Number number ? number.intValue() : 0;
    }

    /**
     * Returns the number of the request in the order of arrival.
     *
     * @return the number, from 1
     */
    public int number() {
        return integer("number");
    }

    /**
     * Returns the time of arrival by the clock of the provider.
     *
     * @return the time
     */
    public Instant at() {
        return Instant.parse(text("at"));
    }

    /**
     * Returns the name of the endpoint: {@code token}, {@code authorization}, {@code jwks}, …
     *
     * @return the name
     */
    public String endpoint() {
        return text("endpoint");
    }

    /**
     * Returns the method.
     *
     * @return the HTTP method
     */
    public String method() {
        return text("method");
    }

    /**
     * Returns the path.
     *
     * @return the path without the query
     */
    public String path() {
        return text("path");
    }

    /**
     * Returns the client that the request claims to come from.
     *
     * @return the client identifier
     */
    public String clientId() {
        return text("client_id");
    }

    /**
     * Returns the requested grant type.
     *
     * @return the grant type
     */
    public String grantType() {
        return text("grant_type");
    }

    /**
     * Returns the requested scope.
     *
     * @return the scope
     */
    public String scope() {
        return text("scope");
    }

    /**
     * Returns the user of the grant.
     *
     * @return the {@code sub}
     */
    public String sub() {
        return text("sub");
    }

    /**
     * Returns the status.
     *
     * @return the HTTP status; 0 if there was no answer
     */
    public int status() {
        return integer("status");
    }

    /**
     * Returns how the exchange ended: {@code issued}, {@code answered}, {@code refused}, {@code faulted}, …
     *
     * @return the outcome
     */
    public String outcome() {
        return text("outcome");
    }

    /**
     * Returns the error code of the answer.
     *
     * @return the code
     */
    public String error() {
        return text("error");
    }

    /**
     * Returns the name of the reason of a refusal.
     *
     * @return the name
     */
    public String refusal() {
        return text("refusal");
    }

    /**
     * Returns why the request was refused.
     *
     * @return a text for people
     */
    public String reason() {
        return text("reason");
    }

    /**
     * Returns what a stricter server would refuse, or what the RFCs advise against.
     *
     * @return objects with {@code code}, {@code text} and {@code clause}
     */
    public List<Map<String, Object>> advice() {
        return Json.objects(members.get("advice"));
    }

    /**
     * Returns the entry for people.
     *
     * @return one line, and a line for the reason and for each advice
     */
    @Override
    public String toString() {
        var line = new StringBuilder();
        line.append('#').append(number()).append(' ').append(method()).append(' ').append(path());
        line.append(" -> ").append(status()).append(' ').append(outcome());
        for (var member : List.of("client_id", "grant_type", "sub", "scope", "error", "refusal")) {
            if (!text(member).isEmpty()) {
                line.append(' ').append(member).append("=\"").append(text(member)).append('"');
            }
        }
        if (members.get("faults") instanceof List<?> faults && !faults.isEmpty()) {
            line.append(" faults=").append(faults);
        }
        if (!reason().isEmpty()) {
            line.append("\n     ").append(reason());
        }
        for (var advice : advice()) {
            line.append("\n     advice ").append(advice.get("code")).append(": ").append(advice.get("text"));
            line.append(" (").append(advice.get("clause")).append(')');
        }
        return line.toString();
    }
}
