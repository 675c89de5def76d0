package example

import (
	"bufio"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var mimic string

func TestMain(m *testing.M) {
	server := exec.Command("oauth-mimic", "--port", "0", "--log", "off")
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		log.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	mimic = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	code := m.Run()
	server.Process.Kill()
	server.Wait()
	os.Exit(code)
}

// A provider for one test. Endpoints are token, jwks, metadata and control.
type provider struct {
	BaseURL   string            `json:"base_url"`
	Issuer    string            `json:"issuer"`
	Endpoints map[string]string `json:"endpoints"`
}

func newProvider(t *testing.T) (p provider) {
	answer, err := http.Post(mimic+"/_mimic/sandboxes", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	return p
}

// control asks the control plane of a provider for something.
func (p provider) control(t *testing.T, path, body string) {
	answer, err := http.Post(p.Endpoints["control"]+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		t.Fatal(answer.Status)
	}
}

func TestAProviderPublishesItsKeys(t *testing.T) {
	provider := newProvider(t)
	answer, err := http.Get(provider.Endpoints["jwks"])
	if err != nil || answer.StatusCode != 200 {
		t.Fatal(answer, err)
	}
	answer.Body.Close()
	provider.control(t, "/verify", `{"filter": {"endpoint": "jwks"}, "exactly": 1}`)
}
