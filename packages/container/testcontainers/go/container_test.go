package container

import (
	"context"
	"fmt"
	"net"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

// startMimic starts the server in a container for one test, and returns its address.
func startMimic(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(free.Addr().(*net.TCPAddr).Port)
	free.Close()
	url := "http://localhost:" + port
	mimic, err := testcontainers.Run(context.Background(), "oauth-mimic:0.1.0",
		testcontainers.WithExposedPorts("8080/tcp"),
		testcontainers.WithHostConfigModifier(func(config *container.HostConfig) {
			inside := network.MustParsePort("8080/tcp")
			config.PortBindings = network.PortMap{inside: {{HostPort: port}}}
		}),
		testcontainers.WithCmd("--base-url", url),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/_mimic/health").WithPort("8080/tcp")),
	)
	testcontainers.CleanupContainer(t, mimic)
	if err != nil {
		t.Fatal(err)
	}
	return url
}
