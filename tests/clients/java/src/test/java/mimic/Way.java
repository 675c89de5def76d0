package mimic;

import java.net.URI;
import java.util.Map;

/** A way in which a user logs in. */
enum Way {
    BY_THE_FORM("alice") {
        @Override
        URI logIn(Sandbox sandbox, Robot user, URI address) {
            user.visit(address);
            user.fill("User name", "alice");
            user.fill("Password", "s3cret");
            return user.press("Log in");
        }
    },
    BY_A_BUTTON("bob") {
        @Override
        URI logIn(Sandbox sandbox, Robot user, URI address) {
            user.visit(address);
            return user.press("Bob Example");
        }
    },
    BY_A_SCRIPT("bob") {
        @Override
        URI logIn(Sandbox sandbox, Robot user, URI address) {
            sandbox.nextLogin(Map.of("user", "bob"));
            return user.visit(address);
        }
    },
    /** In a sandbox that logs alice in. */
    BY_AUTO_LOGIN("alice") {
        @Override
        URI logIn(Sandbox sandbox, Robot user, URI address) {
            return user.visit(address);
        }
    };

    /** The user who logs in. */
    final String sub;

    Way(String sub) {
        this.sub = sub;
    }

    /** Sends the user there, and returns the URL that the user is sent back to. */
    abstract URI logIn(Sandbox sandbox, Robot user, URI address);

    /** The sandbox for it. */
    Sandbox sandbox(String profile) {
        return Sandbox.login(profile, this == BY_AUTO_LOGIN);
    }
}
