// Package clients drives a running oauth-mimic with golang.org/x/oauth2, coreos/go-oidc and zitadel/oidc, by its control
// plane alone.
package clients

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// patience is how long any call of a library may take: none of the troubles may make it hang.
const patience = 10 * time.Second

// object is a JSON object.
type object = map[string]any

// sandbox is a server of the test's own: its clock, faults, journal and clients are nobody else's.
type sandbox struct {
	t         *testing.T
	BaseURL   string `json:"base_url"`
	Issuer    string `json:"issuer"`
	Endpoints struct {
		Authorization string `json:"authorization"`
		Introspection string `json:"introspection"`
		Revocation    string `json:"revocation"`
		Token         string `json:"token"`
		Userinfo      string `json:"userinfo"`
	} `json:"endpoints"`
}

// newSandbox makes a sandbox with the server's own fixtures.
func newSandbox(t *testing.T) *sandbox {
	return sandboxOf(t, nil)
}

// standardSandbox makes one that is a server by the RFCs: tokens carry a kid, access tokens an audience.
func standardSandbox(t *testing.T) *sandbox {
	return sandboxOf(t, object{"fixtures": object{
		"profile": "standard",
		"clients": []object{{
			"client_id": "shop", "client_secret": "shop-secret", "scope": "openid email",
			"access_token_audience": []string{"https://api.example.com"},
		}},
		"users": []object{{"sub": "alice", "claims": object{"name": "Alice"}}},
		"refresh_tokens": []object{{
			"token": "SHOP", "client_id": "shop", "sub": "alice", "scope": "openid email", "auth_time": -131,
		}},
	}})
}

func sandboxOf(t *testing.T, order object) *sandbox {
	t.Helper()
	t.Parallel()
	server := os.Getenv("OAUTH_MIMIC_URL")
	if server == "" {
		t.Fatal("OAUTH_MIMIC_URL must say where the server is; tests/clients/run sets it")
	}
	made := &sandbox{t: t, BaseURL: server}
	made.control("POST", "/sandboxes", order, made)
	root := &sandbox{t: t, BaseURL: server}
	id := made.BaseURL[strings.LastIndex(made.BaseURL, "/"):]
	t.Cleanup(func() { root.control("DELETE", "/sandboxes"+id, nil, nil) })
	return made
}

// control makes a request of the control plane, and reads the answer into `into`, if it is not nil.
func (s *sandbox) control(method, path string, body, into any) {
	s.t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	if body == nil || string(sent) == "null" {
		sent = nil
	}
	request, err := http.NewRequest(method, s.BaseURL+"/_mimic"+path, bytes.NewReader(sent))
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode > 299 {
		s.t.Fatalf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			s.t.Fatalf("%s %s: %v: %s", method, path, err, answer)
		}
	}
}

// advance moves the server's clock.
func (s *sandbox) advance(by time.Duration) {
	s.t.Helper()
	s.control("POST", "/clock/advance", object{"seconds": int(by.Seconds())}, nil)
}

// now is the server's time.
func (s *sandbox) now() time.Time {
	s.t.Helper()
	var clock struct {
		Unix int64 `json:"unix"`
	}
	s.control("GET", "/clock", nil, &clock)
	return time.Unix(clock.Unix, 0)
}

// mint makes a token of that kind; a nil defect makes a good one.
func (s *sandbox) mint(kind string, defect any) string {
	s.t.Helper()
	order := object{"kind": kind}
	if defect != nil {
		order["defect"] = defect
	}
	var minted struct {
		Token string `json:"token"`
	}
	s.control("POST", "/tokens", order, &minted)
	return minted.Token
}

// arrived fails the test unless exactly count requests match; the server reports what did arrive.
func (s *sandbox) arrived(count int, filter object) {
	s.t.Helper()
	s.control("POST", "/verify", object{"filter": filter, "exactly": count}, nil)
}

// faultless fails the test if the server has advice on the client's token requests.
func (s *sandbox) faultless() {
	s.t.Helper()
	s.control("POST", "/verify", object{"filter": object{"endpoint": "token"}, "no_advice": true}, nil)
}

// unavailableOnce makes the next token request fail with 503 and a Retry-After of a second.
func (s *sandbox) unavailableOnce() {
	s.t.Helper()
	s.control("POST", "/faults", object{
		"on": "token", "times": 1,
		"fault": object{"kind": "status", "status": 503, "headers": object{"Retry-After": "1"}},
	}, nil)
}

// config is that of a client whose way to authenticate is configured.
func (s *sandbox) config(clientID, secret string) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     clientID,
		ClientSecret: secret,
		Endpoint:     oauth2.Endpoint{TokenURL: s.Endpoints.Token, AuthStyle: oauth2.AuthStyleInHeader},
	}
}

// documented is the client of the server's documentation.
func (s *sandbox) documented() *oauth2.Config {
	return s.config("client-default", "client-default-secret")
}

// rotating is the client whose refresh tokens can be used once.
func (s *sandbox) rotating() *oauth2.Config {
	return s.config("client-rotating", "client-rotating-secret")
}

// within is a context that ends the call after so long.
func within(t *testing.T, patience time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// refresh presents a refresh token once: the library sends what a token source with an expired token sends.
func refresh(t *testing.T, config *oauth2.Config, refreshToken string) (*oauth2.Token, error) {
	t.Helper()
	return config.TokenSource(within(t, patience), stored(refreshToken)).Token()
}

// stored is a token as it comes from a store: expired by the library's own clock, which is the real one.
func stored(refreshToken string) *oauth2.Token {
	return &oauth2.Token{
		AccessToken:  "from the store",
		RefreshToken: refreshToken,
		Expiry:       time.Now().Add(-time.Hour),
	}
}

// must is the value, or the end of the test.
func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// claims are those of a JWT, read and not verified.
func claims(t *testing.T, token string) object {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no JWT: %s", token)
	}
	text := must[[]byte](t)(base64.RawURLEncoding.DecodeString(parts[1]))
	var claims object
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
