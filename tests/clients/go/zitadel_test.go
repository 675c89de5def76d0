package clients

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// session is what an app has of a user who logged in.
type session struct {
	tokens *oidc.Tokens[*oidc.IDTokenClaims]
	info   *oidc.UserInfo
}

// zitadelApp is an application with the handlers of zitadel's relying party, on a port of its own.
type zitadelApp struct {
	rp.RelyingParty
	address string
	latest  atomic.Pointer[session]
}

// nonceKey is the key of a login's nonce in the context of a request: the library asks the context for it.
type nonceKey struct{}

func newZitadelApp(t *testing.T, s *sandbox) *zitadelApp {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	cookies := httphelper.NewCookieHandler([]byte(rand.Text()), []byte(rand.Text()[:16]), httphelper.WithUnsecure())
	party := must[rp.RelyingParty](t)(rp.NewRelyingPartyOIDC(t.Context(), s.Issuer, "web", "web-secret",
		server.URL+"/callback", []string{oidc.ScopeOpenID, oidc.ScopeEmail, oidc.ScopeOfflineAccess},
		rp.WithPKCEFromDiscovery(cookies),
		rp.WithSigningAlgsFromDiscovery(),
		rp.WithVerifierOpts(rp.WithNonce(func(ctx context.Context) string {
			nonce, _ := ctx.Value(nonceKey{}).(string)
			return nonce
		})),
	))
	app := &zitadelApp{RelyingParty: party, address: server.URL}
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		if err := cookies.SetCookie(w, "nonce", nonce); err != nil {
			t.Error(err)
		}
		rp.AuthURLHandler(rand.Text, party, rp.WithURLParam("nonce", nonce))(w, r)
	})
	exchange := rp.CodeExchangeHandler(rp.UserinfoCallback(func(w http.ResponseWriter, _ *http.Request,
		tokens *oidc.Tokens[*oidc.IDTokenClaims], _ string, _ rp.RelyingParty, info *oidc.UserInfo) {
		app.latest.Store(&session{tokens, info})
		fmt.Fprint(w, "Welcome")
	}), party)
	mux.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		nonce, err := cookies.CheckCookie(r, "nonce")
		if err != nil {
			t.Error(err)
		}
		exchange(w, r.WithContext(context.WithValue(r.Context(), nonceKey{}, nonce)))
	})
	return app
}

// refresh is the library's refresh, which verifies the new ID token, too.
func (a *zitadelApp) refresh(t *testing.T, refreshToken string) (*oidc.Tokens[*oidc.IDTokenClaims], error) {
	t.Helper()
	return rp.RefreshTokens[*oidc.IDTokenClaims](within(t, patience), a, refreshToken, "", "")
}

// loggedIn is the session of the user who has just logged in.
func (a *zitadelApp) loggedIn(t *testing.T) *session {
	t.Helper()
	session := a.latest.Swap(nil)
	if session == nil {
		t.Fatal("nobody logged in")
	}
	return session
}

// shows fails the test unless the browser is at a page whose text contains this one.
func (b *browser) shows(text string) {
	b.t.Helper()
	if shown := shown(b.page); !strings.Contains(shown, text) {
		b.t.Fatalf("the page at %s does not contain %q: %s", b.at, text, shown)
	}
}

func TestZitadelLogsInRefreshesReadsUserinfoAndLogsOut(t *testing.T) {
	for _, profile := range profiles {
		for name, way := range ways {
			t.Run(fmt.Sprintf("%s %s", profile, name), func(t *testing.T) {
				s := loginSandbox(t, profile, way.fixtures)
				app, user := newZitadelApp(t, s), newBrowser(t, "localhost:3000")
				if !app.IsPKCE() {
					t.Error("PKCE is not in the metadata")
				}

				way.logIn(s, user, app.address+"/login")
				user.shows("Welcome")
				session := app.loggedIn(t)
				if session.tokens.IDTokenClaims.Subject != way.sub || session.info.Email != way.sub+"@example.com" {
					t.Errorf("%s is logged in, with %s", session.tokens.IDTokenClaims.Subject, session.info.Email)
				}

				again := must[*oidc.Tokens[*oidc.IDTokenClaims]](t)(app.refresh(t, session.tokens.RefreshToken))
				if again.IDTokenClaims.Subject != way.sub {
					t.Errorf("after a refresh: %s", again.IDTokenClaims.Subject)
				}
				info := must[*oidc.UserInfo](t)(rp.Userinfo[*oidc.UserInfo](t.Context(),
					again.AccessToken, again.TokenType, way.sub, app))
				if info.Email != way.sub+"@example.com" {
					t.Errorf("userinfo is about %s", info.Email)
				}

				// The library sends the logout itself, without the cookies of the browser: the ID token names the session.
				back := must[*url.URL](t)(rp.EndSession(t.Context(), app, again.IDToken, home, "bye", "", nil))
				if back.String() != loggedOut(profile, "bye") {
					t.Errorf("after the logout the user is sent to %s", back)
				}
				if _, err := app.refresh(t, again.RefreshToken); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
					t.Errorf("the refresh token is not refused: %v", err)
				}
				if way.fixtures == nil {
					user.visit(app.address + "/login")
					user.shows("web asks you to log in.")
				}
			})
		}
	}
}

func TestZitadelReportsADeniedLogin(t *testing.T) {
	s := loginSandbox(t, "standard", nil)
	app, user := newZitadelApp(t, s), newBrowser(t, "localhost:3000")
	user.visit(app.address + "/login")
	user.press("Deny")
	user.shows("access_denied")
	s.nextLogin(object{"deny": true})
	user.visit(app.address + "/login")
	user.shows("access_denied")
	s.arrived(0, object{"endpoint": "token"})
}

func TestZitadelRefusesTheCallbackOfAnotherLogin(t *testing.T) {
	s := loginSandbox(t, "standard", object{"auto_login": "alice"})
	app, user := newZitadelApp(t, s), newBrowser(t, "localhost:3000")
	// A login that another browser began, and whose callback this one is sent to.
	attacker := newBrowser(t, "127.0.0.1:"+portOf(t, app.address))
	stolen := attacker.visit(app.address + "/login")

	user.visit(app.address + "/login")
	app.loggedIn(t)
	user.visit(stolen.String())
	user.shows("failed to get state")
}

// It does not read iss (RFC 9207), by which a client of several servers finds a mix-up.
func TestZitadelAcceptsAnotherIssuerOfTheCallback(t *testing.T) {
	s := loginSandbox(t, "standard", object{"auto_login": "alice"})
	app := newZitadelApp(t, s)
	user := newBrowser(t, "127.0.0.1:"+portOf(t, app.address))
	back := user.visit(app.address + "/login")
	query := back.Query()
	if query.Get("iss") != s.Issuer {
		t.Errorf("iss is %q", query.Get("iss"))
	}
	query.Set("iss", "https://elsewhere.test")
	back.RawQuery = query.Encode()
	user.visit(back.String())
	user.shows("Welcome")
}

func TestZitadelRefusesTheUserinfoOfAnotherUser(t *testing.T) {
	s := loginSandbox(t, "standard", object{"auto_login": "alice"})
	s.control("POST", "/faults", object{"on": "userinfo", "times": 1, "fault": object{
		"kind": "answer", "set": object{"sub": "mallory"},
	}}, nil)
	app, user := newZitadelApp(t, s), newBrowser(t, "localhost:3000")
	user.visit(app.address + "/login")
	user.shows("userinfo failed: sub from userinfo does not match")
}

// The app has forgotten the login of a callback that comes again; and a code that is used twice takes the tokens of its
// first use with it.
func TestZitadelRefusesAReplayedCallback(t *testing.T) {
	s := loginSandbox(t, "standard", object{"auto_login": "alice"})
	app, user := newZitadelApp(t, s), newBrowser(t, "localhost:3000")
	user.visit(app.address + "/login")
	session, back := app.loggedIn(t), user.at
	user.visit(back.String())
	user.shows("failed to get state")
	s.arrived(1, object{"endpoint": "token"})

	_, err := rp.CodeExchange[*oidc.IDTokenClaims](t.Context(), back.Query().Get("code"), app)
	if err == nil || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("the code is not refused: %v", err)
	}
	if _, err := app.refresh(t, session.tokens.RefreshToken); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("the refresh token is not refused: %v", err)
	}
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	return must[*url.URL](t)(url.Parse(address)).Port()
}

// lies are ID tokens whose claims do not belong to the login, and the words by which zitadel's relying party refuses them.
var lies = map[string]struct {
	claims  object
	message string
}{
	"another nonce":   {object{"nonce": "another"}, "nonce does not match"},
	"another at_hash": {object{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "at_hash does not correspond to access token"},
	"another issuer":  {object{"iss": "https://elsewhere.test"}, "issuer does not match"},
	"another azp":     {object{"azp": "another"}, "authorized party is not valid"},
}

func TestZitadelRefusesAnIDTokenThatIsNotOfThisLogin(t *testing.T) {
	for _, profile := range profiles {
		for name, lie := range lies {
			t.Run(profile+" "+name, func(t *testing.T) {
				s := loginSandbox(t, profile, object{"auto_login": "alice"})
				s.nextIDToken(lie.claims)
				app, user := newZitadelApp(t, s), newBrowser(t, "localhost:3000")
				user.visit(app.address + "/login")
				user.shows(lie.message)
				user.visit(app.address + "/login")
				user.shows("Welcome")
			})
		}
	}
}

func TestGoOIDCAndItsAppRefuseAnIDTokenThatIsNotOfThisLogin(t *testing.T) {
	for name, message := range map[string]string{
		"another nonce":   "another nonce", // the app's own check
		"another at_hash": "access token hash does not match value in ID token",
		"another issuer":  "issued by a different provider",
		"another azp":     accepted,
	} {
		t.Run(name, func(t *testing.T) {
			s := loginSandbox(t, "standard", object{"auto_login": "alice"})
			s.nextIDToken(lies[name].claims)
			app := newWebApp(t, s)
			begun, address := app.begin()
			_, _, err := app.finish(t, begun, newBrowser(t, "localhost:3000").visit(address))
			switch {
			case message == accepted && err != nil:
				t.Error(err)
			case message != accepted && (err == nil || !strings.Contains(err.Error(), message)):
				t.Errorf("%v does not contain %q", err, message)
			}
		})
	}
}
