// Package example is the README's example for Go.
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
	os.Exit(code)
}

type provider struct {
	BaseURL   string            `json:"base_url"`
	Endpoints map[string]string `json:"endpoints"` // token, jwks, metadata, control
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

func TestEveryTestHasAProviderOfItsOwn(t *testing.T) {
	a, b := newProvider(t), newProvider(t)
	if a.BaseURL == b.BaseURL || !strings.HasPrefix(a.Endpoints["token"], a.BaseURL) {
		t.Fatal(a, b)
	}
}
