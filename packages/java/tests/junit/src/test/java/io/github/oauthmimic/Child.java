package io.github.oauthmimic;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** What runs in a virtual machine of its own. */
final class Child {
    private Child() {}

    /** A virtual machine that runs {@link #main}. */
    static ProcessBuilder start(String what, Map<String, String> environment) {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + "/bin/java");
        command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), Child.class.getName(), what));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return builder;
    }

    static String output(String what, Map<String, String> environment) throws Exception {
        var process = start(what, environment).start();
        var output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new AssertionError(what + " ended with an error: " + output);
        }
        return output;
    }

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "hang" -> {
                var server = TokenServer.start();
                System.out.println("server: " + server.url());
                Thread.currentThread().join();
            }
            case "fail" -> {
                var listener = new SummaryGeneratingListener();
                LauncherFactory.create().execute(request().selectors(selectClass(Failing.class)).build(), listener);
                System.out.println("failed: " + listener.getSummary().getTestsFailedCount());
            }
            case "version" -> TokenServer.start();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Tests of which one fails. */
    @ExtendWith(OAuthMimic.class)
    static class Failing {
        static Provider shared;

        @BeforeAll
        static void before(Provider provider) throws Exception {
            shared = provider;
            Client.get(provider.metadataUrl());
        }

        @Test
        void fails(Provider provider) throws Exception {
            Client.post(provider.tokenUrl(), "grant_type=refresh_token&client_id=CLIENT_ID&client_secret=wrong");
            System.out.println("console: " + provider.consoleUrl());
            throw new AssertionError("it fails");
        }

        @Test
        void passes(Provider provider) throws Exception {
            Client.get(provider.userinfoUrl());
        }
    }
}
