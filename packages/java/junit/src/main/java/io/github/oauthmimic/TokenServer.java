package io.github.oauthmimic;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process of oauth-mimic, or the server at {@code OAUTH_MIMIC_URL}. It serves any number of sandboxes. The process ends when
 * it is closed, and with the virtual machine at the latest, even if that is killed.
 */
public final class TokenServer implements AutoCloseable {
    private final String url;
    private final Control control;
    private final String version;
    /** The process; null for the server at OAUTH_MIMIC_URL. It ends when its standard input is closed. */
    private final Process process;

    private TokenServer(String url, Process process, Map<String, String> environment) {
        this.url = url;
        this.process = process;
        control = new Control(url + "/_mimic", environment.getOrDefault("OAUTH_MIMIC_CONTROL_TOKEN", ""));
        version = String.valueOf(control.send("GET", "", null).get("version"));
    }

    /**
     * Starts a server. If {@code OAUTH_MIMIC_URL} is set, the result is the server there: the arguments have no effect, and it
     * does not end when it is closed.
     *
     * @param arguments arguments of the command line, such as {@code "--profile", "standard"}
     * @return the server, which answers
     * @throws MimicException if there is none, or it does not start; the message has the reason
     */
    public static TokenServer start(String... arguments) {
        return start(System.getenv(), arguments);
    }

    static TokenServer start(Map<String, String> environment, String... arguments) {
        var running = environment.getOrDefault("OAUTH_MIMIC_URL", "").replaceAll("/+$", "");
        var process = running.isEmpty() ? run(environment, arguments) : null;
        try {
            var server = new TokenServer(running.isEmpty() ? address(process) : running, process, environment);
            var warning = Version.warning(server.version);
            if (!warning.isEmpty()) {
                System.err.println(warning);
            }
            return server;
        } catch (RuntimeException e) {
            if (process != null) {
                process.destroyForcibly();
            }
            throw e;
        }
    }

    private static Process run(Map<String, String> environment, String... arguments) {
        var binary = Binary.find(environment);
        List<String> command = new ArrayList<>(List.of(binary.toString()));
        command.addAll(List.of("--port", "0", "--log", "off", "--until-stdin-closes"));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(environment);
        for (var attempt = 0; ; attempt++) {
            try {
                return builder.start();
            } catch (IOException e) {
                // "Text file busy": a process that another thread has just forked still holds the file that was unpacked.
                if (String.valueOf(e.getMessage()).contains("error=26") && attempt < 100) {
                    pause();
                    continue;
                }
                var denied = String.valueOf(e.getMessage()).contains("error=13");
                var advice = " (is its file system mounted with noexec? then set OAUTH_MIMIC_BINARY to a copy elsewhere)";
                throw new MimicException(e.getMessage() + (denied ? advice : ""), e);
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The address that the process prints first. Nothing reads its output after that: it writes nothing more. */
    private static String address(Process process) {
        var line = CompletableFuture.supplyAsync(() -> {
            try {
                return process.inputReader(StandardCharsets.UTF_8).readLine();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        var printed = "";
        try {
            printed = String.valueOf(line.get(30, TimeUnit.SECONDS));
            if (printed.startsWith("listening on ")) {
                return printed.substring("listening on ".length()).strip();
            }
        } catch (TimeoutException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            printed = e.getCause().toString();
        }
        throw new MimicException("oauth-mimic did not start: " + printed + "\n" + reason(process), null);
    }

    private static String reason(Process process) {
        try (BufferedReader error = process.errorReader(StandardCharsets.UTF_8)) {
            // A process that waits for the end of its standard input ends now.
            process.getOutputStream().close();
            var text = new StringBuilder();
            error.lines().forEach(each -> text.append(each).append('\n'));
            return text.append("exit status ").append(process.waitFor()).toString();
        } catch (IOException | UncheckedIOException e) {
            return e.toString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /**
     * Returns the address of the server.
     *
     * @return the URL, without a slash at the end
     */
    public String url() {
        return url;
    }

    /**
     * Returns the version of the server.
     *
     * @return a semantic version
     */
    public String version() {
        return version;
    }

    Control control() {
        return control;
    }

    /**
     * Makes a sandbox, with the clients and users that the server started with.
     *
     * @return the sandbox
     */
    public Provider sandbox() {
        return sandbox(new NewSandbox());
    }

    /**
     * Makes a sandbox.
     *
     * @param options what it is to be
     * @return the sandbox
     * @throws MimicException if an option is wrong
     */
    public Provider sandbox(NewSandbox options) {
        return new Provider(this, control.send("POST", "/sandboxes", options.body()));
    }

    /** Ends the server, if {@link #start} started it. */
    @Override
    public void close() {
        if (process == null) {
            return;
        }
        try {
            process.getOutputStream().close();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
