package clients

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/256dpi/oauth2/v2/oauth2test"
)

// The suite oauth2test expects in places what no RFC demands, or what one forbids. A bend makes what the suite expects out
// of the right answer, and out of that alone: any other answer reaches the suite as it is. The test fails if one is not
// needed, so that the list is true.
//
// Three parts of the suite are left out. AuthorizationEndpointTest expects JSON and challenges where RFC 6749 §4.1.2.1 has
// the user informed, who has a browser. ClientCredentialsGrantTest demands a refresh token, which RFC 6749 §4.4.3 advises
// against. PasswordGrantTest and ImplicitGrantTest are about grants that the server does not have.
var bends = []struct {
	// disagreement is what the suite expects, and what says otherwise.
	disagreement string
	rightAnswer  func(*answer) bool
	bend         func(*answer)
}{
	{
		"a scheme other than Bearer is an invalid_request: RFC 6750 §3.1 has a challenge without an error code",
		func(a *answer) bool {
			return a.to == "userinfo" && a.request.Header.Get("Authorization") == "invalid" &&
				a.is(401, "invalid_request") && !strings.Contains(a.challenge(), "error=")
		},
		func(a *answer) {
			a.refuse(400, "invalid_request")
			a.header.Set("WWW-Authenticate", `Bearer error="invalid_request"`)
		},
	},
	{
		"the body beside a challenge is empty: RFC 6750 §3 does not require it",
		func(a *answer) bool { return a.to == "userinfo" && strings.HasPrefix(a.challenge(), "Bearer ") },
		func(a *answer) { a.body = nil },
	},
	{
		"a request without client authentication is an invalid_request: it is an invalid_client by RFC 6749 §5.2",
		func(a *answer) bool {
			return a.client() == "" && !a.form.Has("client_id") && a.is(401, "invalid_client")
		},
		func(a *answer) { a.refuse(400, "invalid_request") },
	},
	{
		"an unknown grant type is an invalid_request: it is an unsupported_grant_type by RFC 6749 §5.2",
		func(a *answer) bool {
			return a.form.Get("grant_type") == "invalid" && a.is(400, "unsupported_grant_type")
		},
		func(a *answer) { a.refuse(400, "invalid_request") },
	},
	{
		"a malformed code or refresh token is an invalid_request: it is an invalid_grant by RFC 6749 §5.2",
		func(a *answer) bool {
			return (a.form.Get("code") == "invalid" || a.form.Get("refresh_token") == "invalid") && a.is(400, "invalid_grant")
		},
		func(a *answer) { a.refuse(400, "invalid_request") },
	},
	{
		"token_type is bearer: its case does not matter by RFC 6749 §5.1",
		func(a *answer) bool { return a.to == "token" && a.status == 200 && a.body["token_type"] == "Bearer" },
		func(a *answer) { a.body["token_type"] = "bearer" },
	},
	{
		"token_type at introspection is the kind of the token: it is the type of RFC 6749 §5.1 by RFC 7662 §2.2",
		func(a *answer) bool {
			expected := map[string]any{"access_token": "Bearer", "refresh_token": nil}
			is, known := expected[a.form.Get("token_type_hint")]
			return known && a.to == "introspection" && a.body["active"] == true && a.body["token_type"] == is
		},
		func(a *answer) { a.body["token_type"] = a.form.Get("token_type_hint") },
	},
	{
		"introspection by GET is answered with 400: a method that is not allowed is 405 by RFC 9110 §15.5.6",
		func(a *answer) bool {
			return a.to == "introspection" && a.request.Method == "GET" && a.is(405, "invalid_request")
		},
		func(a *answer) { a.status = 400 },
	},
	{
		"an unknown token_type_hint is refused at introspection: RFC 7662 §2.1 has the server search for the token all the same",
		func(a *answer) bool {
			return a.to == "introspection" && a.form.Get("token_type_hint") == "invalid" && a.body["active"] == true
		},
		func(a *answer) { a.refuse(400, "unsupported_token_type") },
	},
	{
		"an unknown token_type_hint is refused at revocation: RFC 7009 §2.1 has the server search for the token all the same",
		func(a *answer) bool {
			return a.to == "revocation" && a.form.Get("token_type_hint") == "invalid" && a.status == 200
		},
		func(a *answer) { a.refuse(400, "unsupported_token_type") },
	},
	{
		"introspection by a client that may not is an invalid_client: it is answered as inactive by RFC 7662 §2.2",
		func(a *answer) bool { return a.to == "introspection" && a.client() == "public" && a.isInactive() },
		func(a *answer) { a.refuse(401, "invalid_client") },
	},
	{
		"a malformed token is refused at introspection: it is answered as inactive by RFC 7662 §2.2",
		func(a *answer) bool {
			return a.to == "introspection" && a.form.Get("token") == "invalid" && a.isInactive()
		},
		func(a *answer) { a.refuse(400, "invalid_request") },
	},
	{
		"revocation by another client is an invalid_client: the client is good; RFC 7009 §2.1 has it refused, without a code",
		func(a *answer) bool {
			return a.to == "revocation" && a.client() == "public" && a.is(400, "invalid_grant")
		},
		func(a *answer) { a.refuse(401, "invalid_client") },
	},
	{
		"a malformed token is refused at revocation: it is answered with 200 by RFC 7009 §2.2",
		func(a *answer) bool {
			return a.to == "revocation" && a.form.Get("token") == "invalid" && a.status == 200
		},
		func(a *answer) { a.refuse(400, "invalid_request") },
	},
}

// answer is that of the server, and what it is an answer to.
type answer struct {
	to      string
	request *http.Request
	form    url.Values
	status  int
	header  http.Header
	body    object
}

// client is the id in the Authorization header.
func (a *answer) client() string {
	id, _, _ := a.request.BasicAuth()
	return id
}

func (a *answer) challenge() string {
	return a.header.Get("WWW-Authenticate")
}

func (a *answer) is(status int, code string) bool {
	return a.status == status && a.body["error"] == code
}

func (a *answer) isInactive() bool {
	return a.status == 200 && a.body["active"] == false && len(a.body) == 1
}

func (a *answer) refuse(status int, code string) {
	a.status, a.body = status, object{"error": code}
}

// adapter is the handler that the suite calls: it hands each request on to a running server.
type adapter struct {
	*sandbox
	endpoints map[string]string
	needed    []bool
}

// userHeader is that of a request to the authorization endpoint whose user approves; without it the user denies.
const userHeader = "X-User"

func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to, form := a.endpoints[r.URL.Path], r.PostForm
	switch {
	case to == "authorization":
		a.control("DELETE", "/logins", nil, nil)
		login := object{"deny": true}
		if user := r.Header.Get(userHeader); user != "" {
			login = object{"user": user}
		}
		a.nextLogin(login)
	case to == "revocation" && form.Get("token_type_hint") == "invalid":
		// The suite uses the token afterwards, because it expects the hint to save it.
		form.Set("token", a.mint("access_token", nil))
	}
	request := must[*http.Request](a.t)(http.NewRequest(r.Method, a.BaseURL+r.URL.Path, strings.NewReader(form.Encode())))
	request.Header = r.Header.Clone()
	if r.Method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response := must[*http.Response](a.t)(http.DefaultTransport.RoundTrip(request))
	defer response.Body.Close()
	text := must[[]byte](a.t)(io.ReadAll(response.Body))

	given := &answer{to: to, request: request, form: form, status: response.StatusCode, header: response.Header}
	isJSON := json.Unmarshal(text, &given.body) == nil
	for index, row := range bends {
		if row.rightAnswer(given) {
			row.bend(given)
			a.needed[index] = true
		}
	}
	switch {
	case given.body != nil:
		text = must[[]byte](a.t)(json.Marshal(given.body))
	case isJSON:
		text = nil
	}
	for name, values := range given.header {
		w.Header()[name] = values
	}
	w.WriteHeader(given.status)
	if _, err := w.Write(text); err != nil {
		a.t.Error(err)
	}
}

func TestTheSuiteOfAnotherServerPassesButForItsDisagreementsWithTheRFCs(t *testing.T) {
	s := loginSandbox(t, "standard", object{"clients": []object{
		{
			"client_id": "web", "client_secret": "web-secret", "scope": "openid email", "refresh": "rotate",
			"redirect_uris": []string{callback, home},
		},
		{"client_id": "public", "scope": "openid email", "redirect_uris": []string{callback}},
	}})
	adapter := &adapter{s, map[string]string{}, make([]bool, len(bends))}
	endpoint := func(name, address string) string {
		path := strings.TrimPrefix(address, s.BaseURL)
		adapter.endpoints[path] = name
		return path
	}
	mint := func(order object) string {
		var minted struct {
			Token string `json:"token"`
		}
		s.control("POST", "/tokens", order, &minted)
		return minted.Token
	}
	spec := &oauth2test.Spec{
		Handler: adapter,

		TokenEndpoint:         endpoint("token", s.Endpoints.Token),
		AuthorizeEndpoint:     endpoint("authorization", s.Endpoints.Authorization),
		RevocationEndpoint:    endpoint("revocation", s.Endpoints.Revocation),
		IntrospectionEndpoint: endpoint("introspection", s.Endpoints.Introspection),
		ProtectedResource:     endpoint("userinfo", s.Endpoints.Userinfo),

		ConfidentialClientID: "web", ConfidentialClientSecret: "web-secret", PublicClientID: "public",
		ValidScope: "openid email", InvalidScope: "admin", ExceedingScope: "openid email admin",
		ExpectedExpiresIn: 900,

		PrimaryRedirectURI: callback, SecondaryRedirectURI: home,
		ValidAuthorizationHeaders: map[string]string{userHeader: "alice"},
		InvalidAuthorizationCode:  "invalid",
		UnknownAuthorizationCode:  "unknown",
		ExpiredAuthorizationCode:  expiredCode(t, s),
		CodeReplayMitigation:      true,

		InvalidToken:        "invalid",
		UnknownToken:        mint(object{"kind": "access_token", "defect": object{"kind": "foreign_key"}}),
		ValidToken:          mint(object{"kind": "access_token"}),
		ExpiredToken:        mint(object{"kind": "access_token", "access_token_lifetime": 0}),
		InsufficientToken:   mint(object{"kind": "access_token", "scope": "email"}),
		InvalidRefreshToken: "invalid",
		UnknownRefreshToken: mint(object{"kind": "refresh_token", "defect": object{"kind": "foreign_key"}}),
		ValidRefreshToken:   mint(object{"kind": "refresh_token"}),
		ExpiredRefreshToken: mint(object{"kind": "refresh_token", "refresh_token_lifetime": 0}),
	}
	for _, part := range []func(*testing.T, *oauth2test.Spec){
		oauth2test.ProtectedResourceTest,
		oauth2test.TokenEndpointTest,
		oauth2test.AuthorizationCodeGrantTest,
		oauth2test.RefreshTokenGrantTest,
		oauth2test.IntrospectionEndpointTest,
		oauth2test.RevocationEndpointTest,
	} {
		part(t, spec)
	}
	for index, needed := range adapter.needed {
		if !needed {
			t.Errorf("not needed: %s", bends[index].disagreement)
		}
	}
}

// expiredCode is a code that was good for its time. The server's clock is moved past that.
func expiredCode(t *testing.T, s *sandbox) string {
	t.Helper()
	s.nextLogin(object{})
	address := s.Endpoints.Authorization + "?response_type=code&client_id=web&redirect_uri=" + url.QueryEscape(callback)
	code := newBrowser(t, "localhost:3000").visit(address).Query().Get("code")
	s.advance(time.Hour)
	return code
}
