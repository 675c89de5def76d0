package mimic;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/** The server in a container, as `@Container static final MimicContainer MIMIC = new MimicContainer();`. */
public final class MimicContainer extends GenericContainer<MimicContainer> {
    private final String url;

    public MimicContainer() {
        super("oauth-mimic:0.1.0");
        int port = freePort();
        url = "http://localhost:" + port;
        addFixedExposedPort(port, 8080);
        withCommand("--base-url", url);
        waitingFor(Wait.forHttp("/_mimic/health").forPort(8080));
    }

    /** The address of the server. */
    public String url() {
        return url;
    }

    private static int freePort() {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
