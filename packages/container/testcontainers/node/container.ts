import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { GenericContainer, Wait, type StartedTestContainer } from "testcontainers";

export async function startMimic(): Promise<{ container: StartedTestContainer; url: string }> {
  const free = createServer().listen(0);
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  free.close();
  const url = `http://localhost:${port}`;
  const container = await new GenericContainer("oauth-mimic:0.1.0")
    .withExposedPorts({ container: 8080, host: port })
    .withCommand(["--base-url", url])
    .withWaitStrategy(Wait.forHttp("/_mimic/health", 8080))
    .start();
  return { container, url };
}
