package io.github.oauthmimic;

/** The version of this package, and of the server that it starts. */
final class Version {
    static final String VERSION = "0.1.0";

    private Version() {}

    /** A warning, if a server of that version may not have what this package needs; empty if it has. */
    static String warning(String server) {
        if (minor(server).equals(minor(VERSION))) {
            return "";
        }
        return "warning: the server has version " + server + ", but oauth-mimic-junit has " + VERSION;
    }

    private static String minor(String version) {
        return version.replaceFirst("^([^.]*\\.[^.]*).*$", "$1");
    }
}
