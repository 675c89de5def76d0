package mimictest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Request is an entry of the journal: a request, and how it was answered. It has no secret and no token.
type Request struct {
	// Number is the number of the request in the order of arrival, from 1.
	Number int `json:"number"`
	// At is the time of arrival by the clock of the provider.
	At time.Time `json:"at"`
	// Endpoint is the name of the endpoint: token, authorization, jwks, …
	Endpoint string `json:"endpoint"`
	Method   string `json:"method"`
	Path     string `json:"path"`
	// ClientID is the client that the request claims to come from, and AuthMethod how it authenticated.
	ClientID   string `json:"client_id"`
	AuthMethod string `json:"auth_method"`
	GrantType  string `json:"grant_type"`
	Scope      string `json:"scope"`
	// Sub is the user of the grant, and GrantID its id.
	Sub     string `json:"sub"`
	GrantID string `json:"grant_id"`
	// Parameters are those of the request, in order, without secrets.
	Parameters []Parameter `json:"parameters"`
	// Status is the HTTP status; 0 if there was no answer.
	Status int `json:"status"`
	// Outcome is how it ended: issued, answered, refused, faulted, …
	Outcome string `json:"outcome"`
	// Error is the error code of the answer; Refusal and Reason are why the request was refused.
	Error   string `json:"error"`
	Refusal string `json:"refusal"`
	Reason  string `json:"reason"`
	// Faults are those that were carried out.
	Faults []string `json:"faults"`
	// Advice is what a stricter server would refuse, or what the RFCs advise against.
	Advice []Advice `json:"advice"`
	// DurationMS is how long the answer took, in milliseconds of real time.
	DurationMS float64 `json:"duration_ms"`
}

// A Parameter is a parameter of a request.
type Parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Advice is a remark on a request.
type Advice struct {
	// Code is the name of the remark, Text the remark, and Clause the section of the RFC that it follows from.
	Code   string `json:"code"`
	Text   string `json:"text"`
	Clause string `json:"clause"`
}

// String returns the entry in one line, and a line for each advice.
func (r Request) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "#%d %s %s -> %d %s", r.Number, r.Method, r.Path, r.Status, r.Outcome)
	for _, part := range []struct{ name, value string }{
		{"client", r.ClientID}, {"grant_type", r.GrantType}, {"sub", r.Sub}, {"scope", r.Scope},
		{"faults", strings.Join(r.Faults, ",")}, {"error", r.Error}, {"refusal", r.Refusal},
	} {
		if part.value != "" {
			fmt.Fprintf(&line, " %s=%q", part.name, part.value)
		}
	}
	if r.Reason != "" {
		line.WriteString("\n     " + r.Reason)
	}
	for _, advice := range r.Advice {
		fmt.Fprintf(&line, "\n     advice %s: %s (%s)", advice.Code, advice.Text, advice.Clause)
	}
	return line.String()
}

type requests struct {
	Requests []Request `json:"requests"`
}

// Requests returns the entries of the journal that match a filter, oldest first; all, if it is nil. The members of a filter
// are endpoint, client_id, grant_type, status, outcome, error, refusal, advice, and more.
func (p *Provider) Requests(filter Object) []Request {
	p.tb.Helper()
	var answer requests
	p.must("GET", "/requests?"+query(filter).Encode(), nil, &answer)
	return answer.Requests
}

// ClearRequests empties the journal.
func (p *Provider) ClearRequests() {
	p.tb.Helper()
	p.must("DELETE", "/requests", nil, nil)
}

// WaitFor waits until count requests match a filter, and returns them. The test fails if that takes longer than timeout, at
// most 300 seconds.
func (p *Provider) WaitFor(filter Object, count int, timeout time.Duration) []Request {
	p.tb.Helper()
	values := query(filter)
	values.Set("count", strconv.Itoa(count))
	values.Set("timeout", strconv.FormatFloat(timeout.Seconds(), 'f', -1, 64))
	var answer requests
	p.expect("GET", "/requests/wait?"+values.Encode(), nil, &answer)
	return answer.Requests
}

// An Expectation says what [Provider.Verify] compares.
type Expectation func(Object)

// Exactly expects that count requests match.
func Exactly(count int) Expectation {
	return func(body Object) { body["exactly"] = count }
}

// AtLeast expects that count requests or more match.
func AtLeast(count int) Expectation {
	return func(body Object) { body["at_least"] = count }
}

// AtMost expects that count requests or fewer match.
func AtMost(count int) Expectation {
	return func(body Object) { body["at_most"] = count }
}

// InOrder expects requests that match these filters in this order of arrival. Others may arrive between them.
func InOrder(filters ...Object) Expectation {
	return func(body Object) { body["in_order"] = filters }
}

// NoAdvice expects that no request that matches got advice.
func NoAdvice() Expectation {
	return func(body Object) { body["no_advice"] = true }
}

// Verify compares the requests that match a filter with expectations. If they differ, the test fails with the server's text,
// which says what arrived instead. Without an expectation, at least one request must match.
func (p *Provider) Verify(filter Object, expectations ...Expectation) {
	p.tb.Helper()
	if filter == nil {
		filter = Object{}
	}
	body := Object{"filter": filter}
	for _, expectation := range expectations {
		expectation(body)
	}
	if len(expectations) == 0 {
		body["at_least"] = 1
	}
	p.expect("POST", "/verify", body, nil)
}

// expect is must for requests that the server refuses if an expectation is not met.
func (p *Provider) expect(method, path string, body, answer any) {
	p.tb.Helper()
	err := p.Control(method, path, body, answer)
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Status == 409 {
		p.tb.Fatal(refusal.Detail)
	}
	if err != nil {
		p.tb.Fatal(err)
	}
}

// report is what a failed test logs.
func (p *Provider) report() string {
	const most = 100
	lines := []string{"oauth-mimic: the requests of the sandbox " + p.Label + ", console " + p.ConsoleURL}
	var answer requests
	if err := p.Control("GET", "/requests", nil, &answer); err != nil {
		return lines[0] + "\n  " + err.Error()
	}
	if omitted := len(answer.Requests) - most; omitted > 0 {
		answer.Requests = answer.Requests[omitted:]
		lines = append(lines, fmt.Sprintf("  (%d earlier ones)", omitted))
	}
	for _, request := range answer.Requests {
		lines = append(lines, "  "+request.String())
	}
	if len(answer.Requests) == 0 {
		lines = append(lines, "  nothing arrived")
	}
	return strings.Join(lines, "\n")
}
