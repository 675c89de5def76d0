package io.github.oauthmimic;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Finds the binary of the server. */
final class Binary {
    private Binary() {}

    /**
     * Looks at the places that the documentation of the package lists after OAUTH_MIMIC_URL.
     *
     * @throws MimicException if none has it; the message lists them
     */
    static Path find(Map<String, String> environment) {
        var named = environment.getOrDefault("OAUTH_MIMIC_BINARY", "");
        if (!named.isEmpty()) {
            // A path that someone gave is right, or it is an error.
            if (!Files.isExecutable(Path.of(named))) {
                throw new MimicException("OAUTH_MIMIC_BINARY: " + named + " is not an executable file", null);
            }
            return Path.of(named);
        }
        List<String> looked = new ArrayList<>(List.of("OAUTH_MIMIC_URL: not set", "OAUTH_MIMIC_BINARY: not set"));
        var artifact = "oauth-mimic-binary-" + platform();
        var resource = "io/github/oauthmimic/binary/" + platform() + "/oauth-mimic";
        try {
            var unpacked = unpacked(Binary.class.getClassLoader(), resource, cache(environment));
            if (unpacked != null) {
                return unpacked;
            }
            looked.add("the artifact " + artifact + ": not on the class path");
        } catch (IOException | RuntimeException e) {
            looked.add("the artifact " + artifact + ": " + e);
        }
        for (var folder : environment.getOrDefault("PATH", "").split(Pattern.quote(File.pathSeparator))) {
            for (var name : List.of("oauth-mimic", "oauth-mimic.exe")) {
                var file = Path.of(folder, name);
                if (!folder.isEmpty() && Files.isRegularFile(file) && Files.isExecutable(file)) {
                    return file;
                }
            }
        }
        looked.add("PATH: no oauth-mimic");
        throw new MimicException("oauth-mimic was not found. Looked at:\n  " + String.join("\n  ", looked), null);
    }

    /** The platform, as it is in the name of an artifact. */
    static String platform() {
        var system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        var name = system.startsWith("mac") ? "macos" : system.startsWith("windows") ? "windows" : system;
        var processor = System.getProperty("os.arch");
        return name + "-" + (processor.equals("amd64") ? "x86_64" : processor);
    }

    /** The folder for what can be made again. */
    private static Path cache(Map<String, String> environment) {
        var home = System.getProperty("user.home");
        if (platform().startsWith("macos")) {
            return Path.of(home, "Library", "Caches");
        }
        if (platform().startsWith("windows")) {
            return Path.of(environment.getOrDefault("LOCALAPPDATA", home));
        }
        var cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        return cache.isEmpty() ? Path.of(home, ".cache") : Path.of(cache);
    }

    /**
     * Unpacks a resource, if that has not been done, and returns its path; null if there is no such resource. The folder has
     * the name of its hash, which is in a resource beside it. The file appears whole or not at all: several processes may do
     * this at a time.
     */
    static Path unpacked(ClassLoader loader, String resource, Path cache) throws IOException {
        String hash;
        int size;
        try (var stream = loader.getResourceAsStream(resource + ".sha256")) {
            if (stream == null) {
                return null;
            }
            var parts = new String(stream.readAllBytes(), StandardCharsets.US_ASCII).strip().split(" ");
            hash = parts[0];
            size = Integer.parseInt(parts[1]);
        }
        var folder = cache.resolve("oauth-mimic").resolve(hash);
        var path = folder.resolve("oauth-mimic");
        if (Files.isRegularFile(path) && Files.size(path) == size) {
            return path;
        }
        Files.createDirectories(folder);
        var beside = Files.createTempFile(folder, ".unpacking-", "");
        try (InputStream stream = loader.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IOException("the artifact has no " + resource);
            }
            Files.copy(stream, beside, StandardCopyOption.REPLACE_EXISTING);
            try (var written = FileChannel.open(beside, StandardOpenOption.WRITE)) {
                written.force(true);
            }
            if (!beside.toFile().setExecutable(true, false) || !beside.toFile().setReadable(true, false)) {
                throw new IOException(beside + " cannot be made executable");
            }
            Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(beside);
        }
        return path;
    }
}
