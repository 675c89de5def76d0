package mimictest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// child returns a command that runs one test of this file in another process.
func child(name string, env ...string) *exec.Cmd {
	command := exec.Command(os.Args[0], "-test.run=^"+name+"$", "-test.v")
	command.Env = append(os.Environ(), append(env, "MIMICTEST_CHILD="+name)...)
	return command
}

// onlyAsChild skips a test that another one runs.
func onlyAsChild(t *testing.T) {
	t.Helper()
	if os.Getenv("MIMICTEST_CHILD") != t.Name() {
		t.Skip("another test runs it")
	}
}

func TestChildThatHangs(t *testing.T) {
	onlyAsChild(t)
	fmt.Println("server:", New(t).Server.URL)
	select {}
}

func TestTheServerEndsWithATestBinaryThatIsKilled(t *testing.T) {
	command := child("TestChildThatHangs")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var address *url.URL
	lines := bufio.NewScanner(out)
	for address == nil && lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "server: "); ok {
			address, _ = url.Parse(text)
		}
	}
	if address == nil {
		t.Fatal("the child printed no address")
	}
	connection, err := net.Dial("tcp", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	// The server ends its connections, and then accepts none. It ends an idle one after some seconds in any case.
	deadline := time.Now().Add(10 * time.Second)
	for err == nil {
		_ = connection.SetReadDeadline(deadline)
		_, _ = io.ReadAll(connection)
		connection.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server is still there")
		}
		connection, err = net.Dial("tcp", address.Host)
	}
}

func TestChildThatFails(t *testing.T) {
	onlyAsChild(t)
	provider := New(t)
	answer, err := http.PostForm(provider.TokenURL, url.Values{"grant_type": {"password"}, "client_id": {"web"}, "client_secret": {"wrong"}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	fmt.Println("console:", provider.ConsoleURL)
	t.Error("it fails")
}

func TestAFailedTestLogsItsRequests(t *testing.T) {
	out, err := child("TestChildThatFails").CombinedOutput()
	if err == nil {
		t.Fatalf("it passed:\n%s", out)
	}
	_, console, _ := strings.Cut(string(out), "console: ")
	console, _, _ = strings.Cut(console, "\n")
	for _, part := range []string{
		"the requests of the sandbox TestChildThatFails, console " + console,
		"#1 POST /s/", "/connect/oauth/token -> 4", `client="web"`, "refusal=",
	} {
		if !strings.Contains(string(out), part) {
			t.Errorf("%q is missing:\n%s", part, out)
		}
	}
}

func TestSandboxesHaveTheNameOfTheTestAndAreRemovedUnlessKept(t *testing.T) {
	t.Setenv("OAUTH_MIMIC_KEEP", "")
	t.Setenv("OAUTH_MIMIC_URL", "")
	server := Start(t)
	labels := func() (labels []string) {
		var answer struct {
			Sandboxes []struct {
				Label string `json:"label"`
			} `json:"sandboxes"`
		}
		if err := server.control.send("GET", "/sandboxes", nil, &answer); err != nil {
			t.Fatal(err)
		}
		for _, sandbox := range answer.Sandboxes {
			labels = append(labels, sandbox.Label)
		}
		return labels
	}
	t.Run("removed", func(t *testing.T) {
		New(t, On(server))
		if held := labels(); len(held) != 1 || held[0] != t.Name() {
			t.Error(held)
		}
	})
	if held := labels(); len(held) != 0 {
		t.Error("not removed:", held)
	}
	t.Setenv("OAUTH_MIMIC_KEEP", "1")
	t.Run(strings.Repeat("kept", 50), func(t *testing.T) { New(t, On(server)) })
	if held := labels(); len(held) != 1 || len([]rune(held[0])) != 128 {
		t.Error("not kept:", held)
	}
}

func TestAServerThatRunsIsUsedAndNotStopped(t *testing.T) {
	t.Setenv("OAUTH_MIMIC_URL", "")
	running := Start(t)
	t.Setenv("OAUTH_MIMIC_URL", running.URL+"/")
	log, failed := record(t, func(tb testing.TB) {
		server := Start(tb)
		if server.URL != running.URL || server.process != nil {
			tb.Fatal("another server:", server.URL)
		}
		New(tb, On(server)).Now()
	})
	if failed || log != "" {
		t.Fatal(log)
	}
	New(t, On(running)).Now()
}

func TestAServerEndsWithItsTest(t *testing.T) {
	t.Setenv("OAUTH_MIMIC_URL", "")
	var address string
	record(t, func(tb testing.TB) { address = Start(tb).URL })
	if answer, err := http.Get(address + "/_mimic/health"); err == nil {
		answer.Body.Close()
		t.Error("it still runs")
	}
}

func TestAServerThatDoesNotStartGivesItsReason(t *testing.T) {
	t.Setenv("OAUTH_MIMIC_URL", "")
	log, failed := record(t, func(tb testing.TB) { Start(tb, "--profile", "nonsense") })
	if !failed || !strings.Contains(log, "nonsense") || !strings.Contains(log, "exit status") {
		t.Error(log)
	}
}

func TestAnotherVersionGivesAWarning(t *testing.T) {
	version := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"version": %q}`, version)
	}))
	defer server.Close()
	t.Setenv("OAUTH_MIMIC_URL", server.URL)
	for given, warns := range map[string]bool{
		Version:                                false,
		"9" + Version:                          true,
		Version[:len(Version)-1] + "77":        false,
		strings.Replace(Version, ".", ".7", 1): true,
	} {
		version = given
		log, failed := record(t, func(tb testing.TB) { Start(tb) })
		if failed || strings.Contains(log, "warning: the server has version "+given) != warns {
			t.Errorf("%s: %v %q", given, failed, log)
		}
	}
}

func TestTheControlTokenIsSent(t *testing.T) {
	t.Setenv("OAUTH_MIMIC_URL", "")
	t.Setenv("OAUTH_MIMIC_CONTROL_TOKEN", "a-secret")
	provider := New(t, On(Start(t)))
	provider.Now()
	answer, err := http.Get(provider.ControlURL + "/clock")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Error("the server needs no token:", answer.Status)
	}
}

func TestTestsShareAServerByItsArguments(t *testing.T) {
	standard := New(t, Args("--profile", "standard"))
	if other := New(t, Args("--profile", "standard")); other.Server != standard.Server {
		t.Error("the same arguments start a second server")
	}
	if plain := New(t); os.Getenv("OAUTH_MIMIC_URL") == "" && plain.Server == standard.Server {
		t.Error("other arguments start no other server")
	}
	if !strings.HasSuffix(standard.TokenURL, "/oauth2/token") {
		t.Error(standard.TokenURL)
	}
}
