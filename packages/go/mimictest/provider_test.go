package mimictest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// refresh sends a refresh of the client CLIENT_ID, and returns the status and the body.
func refresh(t *testing.T, provider *Provider) (int, Object) {
	t.Helper()
	answer, err := http.PostForm(provider.TokenURL, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {"REFRESH_TOKEN"},
		"client_id": {"CLIENT_ID"}, "client_secret": {"CLIENT_SECRET"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	body := Object{}
	_ = json.Unmarshal(text, &body)
	return answer.StatusCode, body
}

// claims returns the claims of a JWT.
func claims(t *testing.T, token string) (claims Object) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestProvidersOfParallelTestsAreIndependent(t *testing.T) {
	start := time.Date(2023, 3, 28, 12, 23, 16, 0, time.UTC)
	for number := range 20 {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			t.Parallel()
			provider := New(t, Clock(start))
			for range number + 1 {
				if status, _ := refresh(t, provider); status != 200 {
					t.Error(status)
				}
				provider.Advance(time.Second)
			}
			provider.Verify(Object{"grant_type": "refresh_token"}, Exactly(number+1))
			if now := provider.Now(); !now.Equal(start.Add(time.Duration(number+1) * time.Second)) {
				t.Error(now)
			}
		})
	}
}

func TestTheEndpointsAnswer(t *testing.T) {
	t.Parallel()
	provider := New(t)
	for name, address := range map[string]string{
		"jwks": provider.JWKSURL, "metadata": provider.MetadataURL, "userinfo": provider.UserinfoURL,
		"introspection": provider.IntrospectionURL, "revocation": provider.RevocationURL,
		"end_session": provider.EndSessionURL, "authorization": provider.AuthorizationURL, "token": provider.TokenURL,
	} {
		answer, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		provider.Verify(Object{"endpoint": name}, Exactly(1))
	}
	if !strings.HasPrefix(provider.Issuer, provider.BaseURL) || !strings.HasPrefix(provider.BaseURL, provider.Server.URL) {
		t.Error(provider.Issuer, provider.BaseURL, provider.Server.URL)
	}
}

func TestTheConsoleIsAPage(t *testing.T) {
	t.Parallel()
	request, err := http.NewRequest("GET", New(t).ConsoleURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || !strings.HasPrefix(kind, "text/html") {
		t.Error(answer.Status, kind)
	}
}

func TestTheClock(t *testing.T) {
	t.Parallel()
	provider := New(t)
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("CET", 3600))
	provider.Freeze(at)
	if now := provider.Advance(-time.Hour); !now.Equal(at.Add(-time.Hour)) {
		t.Error(now)
	}
	provider.Release()
	if behind := time.Since(provider.Now()); behind.Abs() > time.Minute {
		t.Error(behind)
	}
	if log, failed := record(t, func(tb testing.TB) { New(tb).Advance(time.Millisecond) }); !failed {
		t.Error(log)
	}
	if now := New(t, RealClock()).Now(); time.Since(now).Abs() > time.Minute {
		t.Error(now)
	}
}

func TestTheNextRequestsFail(t *testing.T) {
	t.Parallel()
	provider := New(t)
	provider.FailNext(2)
	provider.FailNext(1, Object{"fault": Object{"kind": "error", "error": "invalid_grant"}})
	var statuses []int
	for range 4 {
		status, _ := refresh(t, provider)
		statuses = append(statuses, status)
	}
	if fmt.Sprint(statuses) != "[503 503 400 200]" {
		t.Error(statuses)
	}
}

func TestFaultsAreListedAndRemoved(t *testing.T) {
	t.Parallel()
	provider := New(t)
	first := provider.AddFault(Object{"on": "token", "fault": Object{"kind": "status", "status": 500}})
	provider.AddFault(Object{"on": "jwks", "fault": Object{"kind": "status", "status": 500}})
	provider.RemoveFault(first)
	if held := provider.Faults(); len(held) != 1 || held[0]["on"] != "jwks" {
		t.Error(held)
	}
	provider.ClearFaults()
	provider.Play("flaky-gateway")
	if held := provider.Faults(); len(held) == 0 {
		t.Error("the scenario has no faults")
	}
	provider.ClearFaults()
	provider.Play(Object{"description": "mine", "faults": []Object{
		{"on": "token", "fault": Object{"kind": "status", "status": 429}},
	}})
	if status, _ := refresh(t, provider); status != 429 {
		t.Error(status)
	}
}

func TestClientsUsersAndNamedTokens(t *testing.T) {
	t.Parallel()
	provider := New(t, Fixtures(Object{"clients": []Object{}}), Label("mine"), Seed(7), Leniency("anything"))
	if provider.Label != "mine" || len(provider.Clients()) != 0 {
		t.Error(provider.Label, provider.Clients())
	}
	provider.PutClient(Object{"client_id": "a/b", "client_secret": "secret"})
	provider.PutUser(Object{"sub": "bob"})
	provider.PutRefreshToken(Object{"client_id": "a/b", "sub": "bob", "token": "TO/KEN"})
	answer, err := http.PostForm(provider.TokenURL, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {"TO/KEN"}, "client_id": {"a/b"}, "client_secret": {"secret"},
	})
	if err != nil || answer.StatusCode != 200 {
		t.Fatal(answer, err)
	}
	answer.Body.Close()
	if got := provider.Requests(nil); len(got) != 1 || got[0].Sub != "bob" || got[0].ClientID != "a/b" {
		t.Error(got)
	}
	provider.RemoveClient("a/b")
	provider.RemoveUser("bob")
	if len(provider.Clients()) != 0 || len(provider.Users()) != 0 {
		t.Error(provider.Clients(), provider.Users())
	}
}

func TestTokensAreMinted(t *testing.T) {
	t.Parallel()
	provider := New(t)
	whole := provider.Mint(nil)
	if whole.AccessToken == "" || whole.RefreshToken == "" || whole.ExpiresIn == 0 || whole.Token != "" {
		t.Error(whole)
	}
	expired := provider.Mint(Object{"kind": "access_token", "sub": "alice", "defect": Object{"kind": "expired"}})
	held := claims(t, expired.Token)
	if expires := time.Unix(int64(held["exp"].(float64)), 0); held["sub"] != "alice" || expires.After(provider.Now()) {
		t.Error(held)
	}
}

func TestANewKeySigns(t *testing.T) {
	t.Parallel()
	provider := New(t)
	first := provider.RotateKeys()
	if second := provider.RotateKeys(); first == second || second == "" {
		t.Error(first, second)
	}
}

func TestRequestsAreVerified(t *testing.T) {
	t.Parallel()
	log, failed := record(t, func(tb testing.TB) {
		New(tb).Verify(Object{"endpoint": "token"})
	})
	if !failed || !strings.Contains(log, "expected at least 1 requests with endpoint token, and 0 came") {
		t.Error(log)
	}
	provider := New(t)
	refresh(t, provider)
	provider.Verify(Object{"endpoint": "token"}, AtLeast(1), AtMost(1), InOrder(Object{"status": 200}))
	provider.Verify(Object{"endpoint": "jwks"}, Exactly(0), NoAdvice())
	if got := provider.WaitFor(Object{"status": 200}, 1, time.Second); len(got) != 1 || got[0].Outcome != "issued" {
		t.Error(got)
	}
	log, failed = record(t, func(tb testing.TB) {
		New(tb).WaitFor(nil, 1, 10*time.Millisecond)
	})
	if !failed || !strings.Contains(log, "nothing arrived") {
		t.Error(log)
	}
	provider.ClearRequests()
	if got := provider.Requests(Object{"endpoint": "token"}); len(got) != 0 {
		t.Error(got)
	}
}

func TestAProviderIsReset(t *testing.T) {
	t.Parallel()
	provider := New(t)
	provider.PutUser(Object{"sub": "carol"})
	provider.FailNext(1)
	provider.Reset()
	if status, _ := refresh(t, provider); status != 200 || strings.Contains(fmt.Sprint(provider.Users()), "carol") {
		t.Error(status, provider.Users())
	}
}

// authorization is the URL of a request for a code.
func authorization(provider *Provider, more string) string {
	return provider.AuthorizationURL + "?response_type=code&client_id=web&state=xyz&scope=openid" +
		"&redirect_uri=http://localhost:3000/callback" + more
}

func TestALoginIsScripted(t *testing.T) {
	t.Parallel()
	provider := New(t)
	provider.NextLogin(Object{"user": "alice"})
	response := provider.Authorize(authorization(provider, ""))
	if response.Code == "" || response.State != "xyz" || response.URL.Host != "localhost:3000" ||
		response.Parameters.Get("iss") != provider.Issuer {
		t.Error(response)
	}
	provider.NextLogin(Object{"deny": true})
	response = provider.Authorize(authorization(provider, "&response_mode=fragment"))
	if response.Error != "access_denied" || response.ErrorDescription == "" || response.Code != "" {
		t.Error(response)
	}
	provider.NextLogin(nil)
	response = provider.Authorize(authorization(provider, "&response_mode=form_post"))
	if response.Code == "" || response.URL.Path != "/callback" {
		t.Error(response)
	}
}

func TestALoginThatNobodyScriptedIsAnError(t *testing.T) {
	t.Parallel()
	for more, reason := range map[string]string{
		"":                         "call NextLogin before",
		"&redirect_uri=http://a.b": "redirect_uri is repeated",
	} {
		log, failed := record(t, func(tb testing.TB) {
			provider := New(tb)
			provider.Authorize(authorization(provider, more))
		})
		if !failed || !strings.Contains(log, reason) {
			t.Errorf("%q: %s", more, log)
		}
	}
}

func TestARefusalOfTheControlPlaneIsAnError(t *testing.T) {
	t.Parallel()
	provider := New(t)
	err := provider.Control("POST", "/faults", Object{"on": "nowhere", "fault": Object{"kind": "status", "status": 500}}, nil)
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Status != 400 || refusal.Code != "invalid_body" || refusal.Pointer != "/on" ||
		!strings.Contains(err.Error(), refusal.Detail) {
		t.Error(err)
	}
	log, failed := record(t, func(tb testing.TB) { New(tb).RemoveClient("nobody") })
	if !failed || !strings.Contains(log, "404 not_found") {
		t.Error(log)
	}
}
