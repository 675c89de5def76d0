package mimictest

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// NextLogin scripts the next login, which then shows no page. Its members are client_id, user, deny, error, scope, acr, delay
// and times; nil logs in the first user.
func (p *Provider) NextLogin(login Object) {
	p.tb.Helper()
	if login == nil {
		login = Object{}
	}
	p.must("POST", "/logins", login, nil)
}

// An AuthorizationResponse is what a client receives at its redirect URI (RFC 6749 §4.1.2).
type AuthorizationResponse struct {
	// Code is the authorization code, and State the state of the request.
	Code, State string
	// Error and ErrorDescription are why there is no code.
	Error, ErrorDescription string
	// URL is where the browser is sent, with the parameters of the response in its query or fragment. If the response mode
	// is form_post, it is where the browser posts them.
	URL *url.URL
	// Parameters are all parameters of the response.
	Parameters url.Values
}

// Authorize sends an authorization request as a browser does, which has no session, and returns the response. It does not
// send that to the client. Call [Provider.NextLogin] before, because nobody fills in a login page.
func (p *Provider) Authorize(address string) AuthorizationResponse {
	p.tb.Helper()
	response, err := p.authorize(address)
	if err != nil {
		p.tb.Fatalf("Authorize: %v", err)
	}
	return response
}

func (p *Provider) authorize(address string) (AuthorizationResponse, error) {
	none := AuthorizationResponse{}
	browser := http.Client{
		Transport:     transport,
		Timeout:       90 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := browser.Get(address)
	if err != nil {
		return none, err
	}
	defer answer.Body.Close()
	if location, err := answer.Location(); err == nil {
		parameters := location.Query()
		fragment, _ := url.ParseQuery(location.EscapedFragment())
		for name, values := range fragment {
			parameters[name] = values
		}
		return authorized(location, parameters), nil
	}
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		return none, err
	}
	if action, parameters := posted(string(page)); action != "" {
		location, err := url.Parse(action)
		return authorized(location, parameters), err
	}
	if answer.StatusCode == http.StatusOK {
		return none, fmt.Errorf("the server shows a page for a person; call NextLogin before")
	}
	var journal requests
	reason := ""
	if p.Control("GET", "/requests?endpoint=authorization", nil, &journal) == nil && len(journal.Requests) > 0 {
		reason = journal.Requests[len(journal.Requests)-1].Reason
	}
	return none, fmt.Errorf("the server does not redirect: status %d: %s", answer.StatusCode, reason)
}

func authorized(location *url.URL, parameters url.Values) AuthorizationResponse {
	return AuthorizationResponse{
		Code:             parameters.Get("code"),
		State:            parameters.Get("state"),
		Error:            parameters.Get("error"),
		ErrorDescription: parameters.Get("error_description"),
		URL:              location,
		Parameters:       parameters,
	}
}

var (
	form  = regexp.MustCompile(`<form method="post" action="([^"]*)">((?:<input type="hidden" name="[^"]*" value="[^"]*">)+)`)
	field = regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`)
)

// posted returns the response of a page that posts itself to the client (OAuth 2.0 Form Post Response Mode).
func posted(page string) (action string, parameters url.Values) {
	found := form.FindStringSubmatch(page)
	if found == nil || !strings.Contains(page, "document.forms[0].submit()") {
		return "", nil
	}
	parameters = url.Values{}
	for _, pair := range field.FindAllStringSubmatch(found[2], -1) {
		parameters.Add(html.UnescapeString(pair[1]), html.UnescapeString(pair[2]))
	}
	return html.UnescapeString(found[1]), parameters
}
