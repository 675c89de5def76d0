package io.github.oauthmimic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BinaryTest {
    @TempDir
    Path folder;

    Path program(String name) throws Exception {
        var path = Files.createDirectories(folder.resolve("programs-" + name)).resolve(name);
        Files.writeString(path, "#!/bin/sh\nexit 3\n");
        assertTrue(path.toFile().setExecutable(true));
        return path;
    }

    @Test
    void thePlacesAreSearchedInTheirOrder() throws Exception {
        var named = program("named");
        var onPath = program("oauth-mimic");
        var cache = folder.resolve("cache");
        Map<String, String> environment = new HashMap<>(Map.of(
                "OAUTH_MIMIC_BINARY", named.toString(),
                "XDG_CACHE_HOME", cache.toString(),
                "PATH", "/nowhere:" + onPath.getParent()));
        assertEquals(named, Binary.find(environment));
        environment.remove("OAUTH_MIMIC_BINARY");
        var unpacked = Binary.find(environment);
        assertTrue(unpacked.startsWith(cache) && Files.isExecutable(unpacked), unpacked.toString());
        environment.put("XDG_CACHE_HOME", "/dev/null");
        assertEquals(onPath, Binary.find(environment));
        environment.remove("PATH");
        var message = assertThrows(MimicException.class, () -> Binary.find(environment)).getMessage();
        for (var place : List.of("OAUTH_MIMIC_URL", "OAUTH_MIMIC_BINARY", "oauth-mimic-binary-linux-x86_64", "/dev/null", "PATH")) {
            assertTrue(message.contains(place), message);
        }
    }

    @Test
    void aBinaryThatIsNamedMustExist() {
        var environment = Map.of("OAUTH_MIMIC_BINARY", folder.resolve("missing").toString());
        var message = assertThrows(MimicException.class, () -> Binary.find(environment)).getMessage();
        assertTrue(message.startsWith("OAUTH_MIMIC_BINARY"), message);
    }

    @Test
    void aBinaryThatCannotBeExecutedNamesTheVariable() throws Exception {
        // An executable file whose interpreter is not one: execve answers EACCES, as on a file system with noexec.
        var path = program("denied");
        Files.writeString(path, "#!/etc/passwd\n");
        var environment = Map.of("OAUTH_MIMIC_BINARY", path.toString());
        var message = assertThrows(MimicException.class, () -> TokenServer.start(environment)).getMessage();
        assertTrue(message.contains("noexec") && message.contains("set OAUTH_MIMIC_BINARY"), message);
    }

    @Test
    void theBinaryIsUnpackedOnceAndWhole() throws Exception {
        var content = "binary".repeat(100_000).getBytes();
        var resources = Files.createDirectories(folder.resolve("resources"));
        Files.write(resources.resolve("program"), content);
        Files.writeString(resources.resolve("program.sha256"), "abc " + content.length + "\n");
        var cache = folder.resolve("cache");
        try (var loader = new URLClassLoader(new URL[] {resources.toUri().toURL()}, null)) {
            Callable<Path> unpack = () -> Binary.unpacked(loader, "program", cache);
            var threads = Executors.newFixedThreadPool(8);
            for (var path : threads.invokeAll(List.of(unpack, unpack, unpack, unpack, unpack, unpack, unpack, unpack))) {
                assertArrayEquals(content, Files.readAllBytes(path.get()));
            }
            threads.shutdown();
            var path = cache.resolve("oauth-mimic/abc/oauth-mimic");
            try (var files = Files.list(path.getParent())) {
                assertEquals(List.of(path), files.toList());
            }
            assertTrue(Files.isExecutable(path));
            var first = Files.readAttributes(path, "unix:ino").get("ino");
            unpack.call();
            assertEquals(first, Files.readAttributes(path, "unix:ino").get("ino"));
            Files.writeString(path, "cut off");
            unpack.call();
            assertArrayEquals(content, Files.readAllBytes(path));
            assertNotEquals(first, Files.readAttributes(path, "unix:ino").get("ino"));
            assertNull(Binary.unpacked(loader, "missing", cache));
        }
    }
}
