package io.github.oauthmimic;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@link Provider#verify} expects of the requests that match its filter. Expectations combine by {@link #and}. */
public final class Expectation {
    private final Map<String, Object> members;

    private Expectation(Map<String, Object> members) {
        this.members = members;
    }

    Map<String, Object> members() {
        return members;
    }

    /**
     * Expects that exactly this number match.
     *
     * @param count the number
     * @return the expectation
     */
    public static Expectation exactly(int count) {
        return new Expectation(Map.of("exactly", count));
    }

    /**
     * Expects that this number match, or more.
     *
     * @param count the number
     * @return the expectation
     */
    public static Expectation atLeast(int count) {
        return new Expectation(Map.of("at_least", count));
    }

    /**
     * Expects that this number match, or fewer.
     *
     * @param count the number
     * @return the expectation
     */
    public static Expectation atMost(int count) {
        return new Expectation(Map.of("at_most", count));
    }

    /**
     * Expects requests in an order of arrival. Others may arrive between them.
     *
     * @param filters a filter for each
     * @return the expectation
     */
    public static Expectation inOrder(List<? extends Map<String, ?>> filters) {
        return new Expectation(Map.of("in_order", filters));
    }

    /**
     * Expects that none of them got advice.
     *
     * @return the expectation
     */
    public static Expectation noAdvice() {
        return new Expectation(Map.of("no_advice", true));
    }

    /**
     * Expects both.
     *
     * @param other the other expectation
     * @return the expectation
     */
    public Expectation and(Expectation other) {
        var both = new LinkedHashMap<>(members);
        both.putAll(other.members);
        return new Expectation(both);
    }
}
