package clients

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// profiles are the providers that a login is tried with.
var profiles = []string{"connect", "standard"}

// callback is where users of the app are sent back to; home is where they are sent after a logout.
const (
	callback = "http://localhost:3000/callback"
	home     = "http://localhost:3000/"
)

// loginSandbox makes a provider of a profile, with an app and two users. More members of the fixtures can be given.
func loginSandbox(t *testing.T, profile string, more object) *sandbox {
	t.Helper()
	fixtures := object{
		"profile": profile,
		"clients": []object{{
			"client_id": "web", "client_secret": "web-secret", "scope": "openid email offline_access",
			"redirect_uris":             []string{callback, "http://127.0.0.1/callback"},
			"post_logout_redirect_uris": []string{home},
		}, {
			"client_id": "spa", "scope": "openid email offline_access", "redirect_uris": []string{callback},
		}},
		"users": []object{
			{"sub": "alice", "username": "alice", "password": "s3cret", "claims": object{"email": "alice@example.com"}},
			{"sub": "bob", "claims": object{"name": "Bob Example", "email": "bob@example.com"}},
		},
	}
	for name, value := range more {
		fixtures[name] = value
	}
	return sandboxOf(t, object{"fixtures": fixtures})
}

// nextLogin scripts the next login, which then shows no page.
func (s *sandbox) nextLogin(login object) {
	s.t.Helper()
	s.control("POST", "/logins", login, nil)
}

// nextIDToken sets claims in the next ID token.
func (s *sandbox) nextIDToken(claims object) {
	s.t.Helper()
	s.control("POST", "/faults", object{"on": "token", "times": 1, "fault": object{
		"kind": "token", "token": "id_token", "defect": object{"kind": "set_claims", "claims": claims},
	}}, nil)
}

// webApp is an application as the documentation of go-oidc has it: x/oauth2 for the requests, go-oidc for the ID tokens.
type webApp struct {
	oauth2.Config
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	issuer   string
}

func newWebApp(t *testing.T, s *sandbox) *webApp {
	t.Helper()
	provider := must[*oidc.Provider](t)(oidc.NewProvider(t.Context(), s.Issuer))
	return &webApp{
		Config: oauth2.Config{
			ClientID: "web", ClientSecret: "web-secret", RedirectURL: callback, Endpoint: provider.Endpoint(),
			Scopes: []string{oidc.ScopeOpenID, "email", oidc.ScopeOfflineAccess},
		},
		provider: provider,
		verifier: provider.Verifier(&oidc.Config{ClientID: "web"}),
		issuer:   s.Issuer,
	}
}

// attempt is what the app remembers of a login until the user comes back.
type attempt struct {
	state, nonce, verifier string
}

// begin is a login, and the URL that its user is sent to.
func (a *webApp) begin() (attempt, string) {
	begun := attempt{rand.Text(), rand.Text(), oauth2.GenerateVerifier()}
	return begun, a.AuthCodeURL(begun.state, oidc.Nonce(begun.nonce), oauth2.S256ChallengeOption(begun.verifier))
}

// finish reads the callback, and makes the checks that the libraries leave to the app: state, iss and nonce.
func (a *webApp) finish(t *testing.T, begun attempt, back *url.URL) (*oauth2.Token, *oidc.IDToken, error) {
	t.Helper()
	query := back.Query()
	if query.Get("state") != begun.state {
		return nil, nil, errors.New("another state")
	}
	if query.Get("iss") != a.issuer {
		return nil, nil, errors.New("another iss")
	}
	if code := query.Get("error"); code != "" {
		return nil, nil, errors.New(code)
	}
	token, err := a.Exchange(within(t, patience), query.Get("code"), oauth2.VerifierOption(begun.verifier))
	if err != nil {
		return nil, nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	idToken, err := a.verifier.Verify(t.Context(), raw)
	if err != nil {
		return nil, nil, err
	}
	if idToken.Nonce != begun.nonce {
		return nil, nil, errors.New("another nonce")
	}
	// at_hash is optional where the access token is from the token endpoint (OpenID Connect Core §3.1.3.6).
	if idToken.AccessTokenHash == "" {
		return token, idToken, nil
	}
	return token, idToken, idToken.VerifyAccessToken(token.AccessToken)
}

// logoutURL is that of a logout (OpenID Connect RP-Initiated Logout 1.0 §2). The library has no function for it: the app
// reads the endpoint out of the metadata.
func (a *webApp) logoutURL(t *testing.T, idToken, state string) string {
	t.Helper()
	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := a.provider.Claims(&metadata); err != nil {
		t.Fatal(err)
	}
	query := url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {home}, "state": {state}}
	return metadata.EndSession + "?" + query.Encode()
}

// revoked fails the test unless the refresh token is refused with invalid_grant.
func revoked(t *testing.T, config *oauth2.Config, refreshToken string) {
	t.Helper()
	_, err := refresh(t, config, refreshToken)
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
		t.Errorf("the refresh token is not refused: %v", err)
	}
}

// ways are the ways in which a user logs in.
var ways = map[string]struct {
	fixtures object
	logIn    func(s *sandbox, user *browser, address string) *url.URL
	sub      string
}{
	"by the form": {nil, func(_ *sandbox, user *browser, address string) *url.URL {
		user.visit(address)
		user.fill("User name", "alice")
		user.fill("Password", "s3cret")
		return user.press("Log in")
	}, "alice"},
	"by a button": {nil, func(_ *sandbox, user *browser, address string) *url.URL {
		user.visit(address)
		return user.press("Bob Example")
	}, "bob"},
	"by a script": {nil, func(s *sandbox, user *browser, address string) *url.URL {
		s.nextLogin(object{"user": "bob"})
		return user.visit(address)
	}, "bob"},
	"by auto_login": {object{"auto_login": "alice"}, func(_ *sandbox, user *browser, address string) *url.URL {
		return user.visit(address)
	}, "alice"},
}

func TestGoOIDCLogsInRefreshesReadsUserinfoAndLogsOut(t *testing.T) {
	for _, profile := range profiles {
		for name, way := range ways {
			t.Run(fmt.Sprintf("%s %s", profile, name), func(t *testing.T) {
				s := loginSandbox(t, profile, way.fixtures)
				app, user := newWebApp(t, s), newBrowser(t, "localhost:3000")

				begun, address := app.begin()
				token, idToken, err := app.finish(t, begun, way.logIn(s, user, address))
				if err != nil {
					t.Fatal(err)
				}
				if idToken.Subject != way.sub {
					t.Errorf("%s is logged in", idToken.Subject)
				}
				// The documented provider of connect has no at_hash.
				if hashed := idToken.AccessTokenHash != ""; hashed != (profile == "standard") {
					t.Errorf("at_hash is %q", idToken.AccessTokenHash)
				}

				s.advance(20 * time.Minute) // past the access token's quarter of an hour
				again := must[*oauth2.Token](t)(refresh(t, &app.Config, token.RefreshToken))
				renewed := must[*oidc.IDToken](t)(app.verifier.Verify(t.Context(), again.Extra("id_token").(string)))
				if renewed.Subject != way.sub || renewed.Nonce != "" {
					t.Errorf("after a refresh: sub %q, nonce %q", renewed.Subject, renewed.Nonce)
				}
				userinfo := must[*oidc.UserInfo](t)(app.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(again)))
				if userinfo.Subject != way.sub || userinfo.Email != way.sub+"@example.com" {
					t.Errorf("userinfo is about %q, %q", userinfo.Subject, userinfo.Email)
				}
				s.faultless()

				back := user.visit(app.logoutURL(t, again.Extra("id_token").(string), "bye"))
				if back.String() != loggedOut(profile, "bye") {
					t.Errorf("after the logout the user is at %s", back)
				}
				revoked(t, &app.Config, again.RefreshToken)
			})
		}
	}
}

// A public client has PKCE in place of a secret, and its refresh tokens can be used once.
func TestAPublicClientLogsInAndItsRefreshTokensRotate(t *testing.T) {
	for _, profile := range profiles {
		t.Run(profile, func(t *testing.T) {
			s := loginSandbox(t, profile, object{"auto_login": "alice"})
			app, user := newWebApp(t, s), newBrowser(t, "localhost:3000")
			app.ClientID, app.ClientSecret, app.Endpoint.AuthStyle = "spa", "", oauth2.AuthStyleInParams
			app.verifier = app.provider.Verifier(&oidc.Config{ClientID: "spa"})

			begun, address := app.begin()
			token, _, err := app.finish(t, begun, user.visit(address))
			if err != nil {
				t.Fatal(err)
			}
			again := must[*oauth2.Token](t)(refresh(t, &app.Config, token.RefreshToken))
			revoked(t, &app.Config, token.RefreshToken)
			revoked(t, &app.Config, again.RefreshToken)

			back := user.visit(app.AuthCodeURL("xyz")) // without a challenge
			if code := back.Query().Get("error"); code != "invalid_request" {
				t.Errorf("without PKCE: %s", back)
			}
		})
	}
}

// loggedOut is where a user is after a logout. The documented provider of `connect` appends the state with an ampersand, also
// where there is no query.
func loggedOut(profile, state string) string {
	if profile == "connect" {
		return home + "&state=" + state
	}
	return home + "?state=" + state
}

func TestADeniedLoginHasNoTokens(t *testing.T) {
	for name, deny := range map[string]func(s *sandbox, user *browser, address string) *url.URL{
		"by the page": func(_ *sandbox, user *browser, address string) *url.URL {
			user.visit(address)
			return user.press("Deny")
		},
		"by a script": func(s *sandbox, user *browser, address string) *url.URL {
			s.nextLogin(object{"deny": true})
			return user.visit(address)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := loginSandbox(t, "standard", nil)
			app := newWebApp(t, s)
			begun, address := app.begin()
			_, _, err := app.finish(t, begun, deny(s, newBrowser(t, "localhost:3000"), address))
			if err == nil || err.Error() != "access_denied" {
				t.Errorf("%v", err)
			}
			s.arrived(0, object{"endpoint": "token"})
		})
	}
}

// An attacker puts the callback of another login in place of the user's.
func TestTheCallbackOfAnotherLoginIsRefused(t *testing.T) {
	s := loginSandbox(t, "standard", object{"auto_login": "alice"})
	app := newWebApp(t, s)
	mine, _ := app.begin()
	other, address := app.begin()
	back := newBrowser(t, "localhost:3000").visit(address)

	if _, _, err := app.finish(t, mine, back); err == nil || err.Error() != "another state" {
		t.Errorf("%v", err)
	}
	// With the state of this login, and even with the verifier of the other, the nonce is left.
	query := back.Query()
	query.Set("state", mine.state)
	back.RawQuery = query.Encode()
	mine.verifier = other.verifier
	if _, _, err := app.finish(t, mine, back); err == nil || err.Error() != "another nonce" {
		t.Errorf("%v", err)
	}
}

// A code without its verifier is of no use, and a code that is used twice takes the tokens of its first use with it.
func TestAStolenCodeAndAReplayedCodeAreRefused(t *testing.T) {
	s := loginSandbox(t, "standard", object{"auto_login": "alice"})
	app, user := newWebApp(t, s), newBrowser(t, "localhost:3000")
	refused := func(begun attempt, back *url.URL) {
		t.Helper()
		_, _, err := app.finish(t, begun, back)
		var refused *oauth2.RetrieveError
		if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
			t.Errorf("%v", err)
		}
	}
	begun, address := app.begin()
	refused(attempt{begun.state, begun.nonce, oauth2.GenerateVerifier()}, user.visit(address))

	begun, address = app.begin()
	back := user.visit(address)
	token, _, err := app.finish(t, begun, back)
	if err != nil {
		t.Fatal(err)
	}
	refused(begun, back)
	revoked(t, &app.Config, token.RefreshToken)
	if _, err := app.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token)); err == nil {
		t.Error("the access token is still good")
	}
}
