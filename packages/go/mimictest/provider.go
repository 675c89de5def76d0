package mimictest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"
)

// An Object is a JSON object of the control plane. Its members have the names of the control plane: client_id, grant_type.
type Object = map[string]any

// A Provider is a sandbox of a server: an issuer with its own clients, users, keys, clock, faults and journal.
type Provider struct {
	// ID is the identifier of the sandbox.
	ID string
	// Label is its name for people: that of the test, unless the option [Label] gave another.
	Label string
	// Issuer is the issuer identifier, the iss of its tokens.
	Issuer string
	// BaseURL is the address of the sandbox, without the prefix of its profile.
	BaseURL string

	// TokenURL and the other endpoints are what a client is configured with.
	TokenURL         string
	AuthorizationURL string
	JWKSURL          string
	MetadataURL      string
	UserinfoURL      string
	IntrospectionURL string
	RevocationURL    string
	EndSessionURL    string
	// ControlURL is the control plane of the sandbox.
	ControlURL string
	// ConsoleURL is the page that shows the sandbox in a browser.
	ConsoleURL string

	// Server is the server that has the sandbox.
	Server *TokenServer

	tb      testing.TB
	control control
}

// An Option changes what [New] makes.
type Option func(*settings)

type settings struct {
	server *TokenServer
	args   []string
	body   Object
}

// On makes the sandbox on a server of [Start]. Default: the server of the test binary.
func On(server *TokenServer) Option {
	return func(s *settings) { s.server = server }
}

// Args makes the sandbox on a server with these arguments of the command line, such as "--profile", "standard". All tests
// of the test binary that give the same arguments share one. Default: none.
func Args(args ...string) Option {
	return func(s *settings) { s.args = args }
}

// Label is a name for people, at most 128 characters. Default: the name of the test.
func Label(label string) Option {
	return func(s *settings) { s.body["label"] = label }
}

// Clock freezes the clock at a time. Default: the clock of the server at its start, which is real time.
func Clock(at time.Time) Option {
	return func(s *settings) { s.body["clock"] = at.UTC().Format(time.RFC3339) }
}

// RealClock lets the clock run in real time, also on a server with a frozen clock.
func RealClock() Option {
	return func(s *settings) { s.body["clock"] = "real" }
}

// Seed is the seed of random ids. Default: that of the server.
func Seed(seed uint64) Option {
	return func(s *settings) { s.body["seed"] = seed }
}

// Fixtures replace the clients, users and tokens of the server: an [Object], or another value that is the same JSON.
func Fixtures(fixtures any) Option {
	return func(s *settings) { s.body["fixtures"] = fixtures }
}

// Leniency names refusals that are tolerated, besides those that the server tolerates.
func Leniency(refusals ...string) Option {
	return func(s *settings) { s.body["leniency"] = refusals }
}

// New makes a provider for a test, and removes it at its end. If the test fails, the requests of the provider are logged.
func New(tb testing.TB, options ...Option) *Provider {
	tb.Helper()
	chosen := settings{body: Object{"label": tb.Name()}}
	for _, option := range options {
		option(&chosen)
	}
	// The server refuses a longer label; the name of a test has no limit.
	if label, _ := chosen.body["label"].(string); len([]rune(label)) > 128 && label == tb.Name() {
		chosen.body["label"] = string([]rune(label)[:127]) + "…"
	}
	if chosen.server == nil {
		server, err := shared(chosen.args)
		if err != nil {
			tb.Fatal(err)
		}
		server.warn(tb)
		chosen.server = server
	}
	var made struct {
		ID        string            `json:"id"`
		Label     string            `json:"label"`
		Issuer    string            `json:"issuer"`
		BaseURL   string            `json:"base_url"`
		Endpoints map[string]string `json:"endpoints"`
	}
	if err := chosen.server.control.send("POST", "/sandboxes", chosen.body, &made); err != nil {
		tb.Fatal(err)
	}
	provider := &Provider{
		ID:               made.ID,
		Label:            made.Label,
		Issuer:           made.Issuer,
		BaseURL:          made.BaseURL,
		TokenURL:         made.Endpoints["token"],
		AuthorizationURL: made.Endpoints["authorization"],
		JWKSURL:          made.Endpoints["jwks"],
		MetadataURL:      made.Endpoints["metadata"],
		UserinfoURL:      made.Endpoints["userinfo"],
		IntrospectionURL: made.Endpoints["introspection"],
		RevocationURL:    made.Endpoints["revocation"],
		EndSessionURL:    made.Endpoints["end_session"],
		ControlURL:       made.Endpoints["control"],
		ConsoleURL:       made.Endpoints["control"] + "/",
		Server:           chosen.server,
		tb:               tb,
		control:          control{url: made.Endpoints["control"]},
	}
	tb.Cleanup(provider.end)
	return provider
}

// end logs the journal of a failed test, and removes the sandbox.
func (p *Provider) end() {
	p.tb.Helper()
	if p.tb.Failed() {
		p.tb.Log(p.report())
	}
	if keep := os.Getenv("OAUTH_MIMIC_KEEP"); keep != "" && keep != "0" {
		return
	}
	err := p.Server.control.send("DELETE", "/sandboxes/"+url.PathEscape(p.ID), nil, nil)
	var refusal *Error
	if err != nil && !(errors.As(err, &refusal) && refusal.Status == 404) {
		p.tb.Log("the sandbox was not removed:", err)
	}
}

// Control sends a request to the control plane of the provider: a path below ControlURL, such as "/clients"; the body as
// JSON; and a pointer that receives the answer. Either may be nil. A refusal is an [*Error].
func (p *Provider) Control(method, path string, body, answer any) error {
	return p.control.send(method, path, body, answer)
}

func (p *Provider) must(method, path string, body, answer any) {
	p.tb.Helper()
	if err := p.Control(method, path, body, answer); err != nil {
		p.tb.Fatal(err)
	}
}

// segment is the value of a member as a segment of a path.
func segment(object Object, member string) string {
	text, _ := object[member].(string)
	return "/" + url.PathEscape(text)
}

// list returns the member of an answer that is a list of objects.
func (p *Provider) list(path, member string) []Object {
	p.tb.Helper()
	var answer map[string][]Object
	p.must("GET", path, nil, &answer)
	return answer[member]
}

// Clients returns the registered clients.
func (p *Provider) Clients() []Object {
	p.tb.Helper()
	return p.list("/clients", "clients")
}

// PutClient adds a client, or replaces the one with the same client_id.
func (p *Provider) PutClient(client Object) {
	p.tb.Helper()
	p.must("PUT", "/clients"+segment(client, "client_id"), client, nil)
}

// RemoveClient removes a client.
func (p *Provider) RemoveClient(clientID string) {
	p.tb.Helper()
	p.must("DELETE", "/clients/"+url.PathEscape(clientID), nil, nil)
}

// Users returns the users.
func (p *Provider) Users() []Object {
	p.tb.Helper()
	return p.list("/users", "users")
}

// PutUser adds a user, or replaces the one with the same sub.
func (p *Provider) PutUser(user Object) {
	p.tb.Helper()
	p.must("PUT", "/users"+segment(user, "sub"), user, nil)
}

// RemoveUser removes a user.
func (p *Provider) RemoveUser(sub string) {
	p.tb.Helper()
	p.must("DELETE", "/users/"+url.PathEscape(sub), nil, nil)
}

// PutRefreshToken adds a refresh token whose value a test chooses: token, client_id, sub, and more. It replaces the one of
// the client that has the same value.
func (p *Provider) PutRefreshToken(token Object) {
	p.tb.Helper()
	path := "/clients" + segment(token, "client_id") + "/refresh-tokens" + segment(token, "token")
	p.must("PUT", path, token, nil)
}

// Now returns the time of the provider.
func (p *Provider) Now() time.Time {
	p.tb.Helper()
	return p.clock("GET", "/clock", nil)
}

func (p *Provider) clock(method, path string, body any) time.Time {
	p.tb.Helper()
	var state struct {
		Now time.Time `json:"now"`
	}
	p.must(method, path, body, &state)
	return state.Now
}

// Advance moves the clock by whole seconds, back if negative, and returns the new time.
func (p *Provider) Advance(by time.Duration) time.Time {
	p.tb.Helper()
	if by%time.Second != 0 {
		p.tb.Fatalf("Advance(%v): the clock has whole seconds", by)
	}
	return p.clock("POST", "/clock/advance", Object{"seconds": int64(by / time.Second)})
}

// Freeze stops the clock at a time.
func (p *Provider) Freeze(at time.Time) {
	p.tb.Helper()
	p.must("PUT", "/clock", Object{"now": at.UTC().Format(time.RFC3339)}, nil)
}

// Release returns the clock to real time.
func (p *Provider) Release() {
	p.tb.Helper()
	p.must("DELETE", "/clock", nil, nil)
}

// FailNext makes the next requests fail, count of them. A rule may say which and how, as for [Provider.AddFault]. Default:
// requests to the token endpoint, with status 503.
func (p *Provider) FailNext(count int, rule ...Object) {
	p.tb.Helper()
	whole := Object{"on": "token", "fault": Object{"kind": "status", "status": 503}}
	for _, part := range rule {
		for member, value := range part {
			whole[member] = value
		}
	}
	whole["times"] = count
	p.AddFault(whole)
}

// AddFault adds a fault rule, and returns its id.
func (p *Provider) AddFault(rule Object) int {
	p.tb.Helper()
	var added struct {
		ID int `json:"id"`
	}
	p.must("POST", "/faults", rule, &added)
	return added.ID
}

// Faults returns the fault rules, with what is left of each.
func (p *Provider) Faults() []Object {
	p.tb.Helper()
	return p.list("/faults", "faults")
}

// RemoveFault removes the fault rule with that id.
func (p *Provider) RemoveFault(id int) {
	p.tb.Helper()
	p.must("DELETE", "/faults/"+strconv.Itoa(id), nil, nil)
}

// ClearFaults removes all fault rules.
func (p *Provider) ClearFaults() {
	p.tb.Helper()
	p.must("DELETE", "/faults", nil, nil)
}

// Play plays a scenario: a built-in one by its name, or one of your own, an [Object].
func (p *Provider) Play(scenario any) {
	p.tb.Helper()
	if name, ok := scenario.(string); ok {
		p.must("POST", "/scenarios/"+url.PathEscape(name), nil, nil)
		return
	}
	p.must("POST", "/scenarios", scenario, nil)
}

// Minted is what [Provider.Mint] made.
type Minted struct {
	// Token is the token of the kind that was ordered; empty if a token response was.
	Token string `json:"token"`
	// AccessToken, RefreshToken and IDToken are those of a token response.
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
	// ExpiresIn and Scope are those of a token response.
	ExpiresIn int    `json:"expires_in"`
	Scope     string `json:"scope"`
}

// Mint makes a token, if the order has a kind such as "access_token", or else a token response. The order may have a
// client_id, a sub, claims, a defect, and more. The default is what the first client gets for the first user.
func (p *Provider) Mint(order Object) Minted {
	p.tb.Helper()
	if order == nil {
		order = Object{}
	}
	var minted Minted
	p.must("POST", "/tokens", order, &minted)
	return minted
}

// RotateKeys signs with a new key. The previous one stays published. It returns the kid of the new key.
func (p *Provider) RotateKeys() string {
	p.tb.Helper()
	var answer struct {
		Keys []struct {
			KID   string `json:"kid"`
			Signs bool   `json:"signs"`
		} `json:"keys"`
	}
	p.must("POST", "/keys/rotate", nil, &answer)
	for _, key := range answer.Keys {
		if key.Signs {
			return key.KID
		}
	}
	p.tb.Fatal("the server lists no key that signs")
	return ""
}

// Reset returns the provider to its initial state: clients, users, tokens, keys, clock, faults and journal.
func (p *Provider) Reset() {
	p.tb.Helper()
	p.must("POST", "/reset", nil, nil)
}

// query is a filter as the query of a URL.
func query(filter Object) url.Values {
	values := url.Values{}
	for member, value := range filter {
		values.Set(member, fmt.Sprint(value))
	}
	return values
}
