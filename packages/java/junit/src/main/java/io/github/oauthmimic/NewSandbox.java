package io.github.oauthmimic;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a sandbox is to be. What is not set is as the server started. */
public final class NewSandbox {
    private static final int LONGEST_LABEL = 128;

    private final Map<String, Object> body = new LinkedHashMap<>();

    /** Makes options, none of which is set. */
    public NewSandbox() {}

    Map<String, Object> body() {
        return body;
    }

    private NewSandbox with(String member, Object value) {
        body.put(member, value);
        return this;
    }

    /**
     * Sets a name for people, of which the first 128 characters count.
     *
     * @param label the name. Default: none, or in a test of JUnit its name
     * @return this
     */
    public NewSandbox label(String label) {
        var length = Math.min(label.codePointCount(0, label.length()), LONGEST_LABEL);
        return with("label", label.substring(0, label.offsetByCodePoints(0, length)));
    }

    /**
     * Freezes the clock.
     *
     * @param at the time, in whole seconds. Default: the clock of the server at its start, which is real time
     * @return this
     */
    public NewSandbox clock(Instant at) {
        return with("clock", at.truncatedTo(ChronoUnit.SECONDS));
    }

    /**
     * Lets the clock run in real time, also on a server with a frozen clock.
     *
     * @return this
     */
    public NewSandbox realClock() {
        return with("clock", "real");
    }

    /**
     * Sets the seed of random ids.
     *
     * @param seed the seed, from 0. Default: that of the server
     * @return this
     */
    public NewSandbox seed(long seed) {
        return with("seed", seed);
    }

    /**
     * Replaces the clients, users and tokens.
     *
     * @param fixtures the content of a fixture file, as JSON: maps, lists, texts, numbers
     * @return this
     */
    public NewSandbox fixtures(Map<String, ?> fixtures) {
        return with("fixtures", fixtures);
    }

    /**
     * Names refusals that are tolerated, besides those that the server tolerates.
     *
     * @param refusals names, or {@code anything}
     * @return this
     */
    public NewSandbox leniency(String... refusals) {
        return with("leniency", List.of(refusals));
    }
}
