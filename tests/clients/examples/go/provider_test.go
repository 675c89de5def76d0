package example

import (
	"bufio"
	"encoding/json"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

var mimic string

func TestMain(m *testing.M) {
	server := exec.Command("oauth-mimic", "--port", "0", "--log", "off", "--until-stdin-closes")
	out, err := server.StdoutPipe()
	if err == nil {
		// The pipe ends with this process, and the server with the pipe.
		_, err = server.StdinPipe()
	}
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

// logIn logs a user in at the URL to which a client sends its users, and returns the URL at which the client gets them back.
func (p provider) logIn(t *testing.T, user, address string) *url.URL {
	p.control(t, "/logins", `{"user": "`+user+`"}`)
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		t.Fatal(answer.Status, err)
	}
	return back
}

func TestAliceLogsIn(t *testing.T) {
	provider := newProvider(t)
	discovered, err := oidc.NewProvider(t.Context(), provider.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	client := oauth2.Config{
		ClientID:     "web",
		ClientSecret: "web-secret",
		Endpoint:     discovered.Endpoint(),
		RedirectURL:  "http://localhost:3000/callback",
		Scopes:       []string{oidc.ScopeOpenID, "email"},
	}
	verifier := oauth2.GenerateVerifier()
	back := provider.logIn(t, "alice", client.AuthCodeURL("xyz", oauth2.S256ChallengeOption(verifier)))
	if back.Query().Get("state") != "xyz" {
		t.Fatal(back)
	}
	token, err := client.Exchange(t.Context(), back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	idTokens := discovered.Verifier(&oidc.Config{ClientID: "web"})
	idToken, err := idTokens.Verify(t.Context(), token.Extra("id_token").(string))
	if err != nil || idToken.Subject != "alice" {
		t.Fatal(idToken, err)
	}
}
