package clients

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// The library does not retry: the 503 surfaces with its Retry-After, and the next call is good.
func TestA503SurfacesWithItsRetryAfter(t *testing.T) {
	s := newSandbox(t)
	s.unavailableOnce()
	source := s.documented().TokenSource(within(t, patience), stored("REFRESH_TOKEN"))

	_, err := source.Token()
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.Response.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("%v", err)
	}
	if after := refused.Response.Header.Get("Retry-After"); after != "1" {
		t.Errorf("Retry-After is %q", after)
	}
	s.arrived(1, object{"endpoint": "token"})
	must[*oauth2.Token](t)(source.Token())
	s.arrived(2, object{"endpoint": "token"})
}

// A client without a configured authentication method takes any failure for the wrong way, and tries the other at once. That
// survives a 503, whatever its Retry-After says.
func TestAnUnconfiguredClientSurvivesA503ByAccident(t *testing.T) {
	s := newSandbox(t)
	s.unavailableOnce()
	config := s.documented()
	config.Endpoint.AuthStyle = oauth2.AuthStyleAutoDetect
	started := time.Now()
	must[*oauth2.Token](t)(refresh(t, config, "REFRESH_TOKEN"))
	if waited := time.Since(started); waited >= time.Second {
		t.Errorf("it waited %v", waited)
	}
	s.arrived(1, object{"endpoint": "token", "status": 503})
	s.arrived(1, object{"endpoint": "token", "outcome": "issued"})
}

// One answer is lost: the connection's end surfaces, and to try again is a replay.
func TestALostRotationEndsTheGrant(t *testing.T) {
	s := newSandbox(t)
	s.control("POST", "/scenarios/lost-rotation", nil, nil)
	source := s.rotating().TokenSource(within(t, patience), stored("ROTATING_REFRESH_TOKEN"))

	_, err := source.Token()
	var refused *oauth2.RetrieveError
	if err == nil || errors.As(err, &refused) {
		t.Fatalf("%v", err)
	}
	_, err = source.Token()
	if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
		t.Errorf("%v", err)
	}
	s.arrived(1, object{"endpoint": "token", "fault": "lost_response"})
	s.arrived(1, object{"endpoint": "token", "error": "invalid_grant"})
}

// The same with a client without a configured authentication method: it replays by itself, and revokes its own family.
func TestAnUnconfiguredClientRevokesItsOwnFamily(t *testing.T) {
	s := newSandbox(t)
	s.control("POST", "/scenarios/lost-rotation", nil, nil)
	config := s.rotating()
	config.Endpoint.AuthStyle = oauth2.AuthStyleAutoDetect
	_, err := refresh(t, config, "ROTATING_REFRESH_TOKEN")
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
		t.Errorf("%v", err)
	}
	s.arrived(2, object{"endpoint": "token"})
}

// Three troubles, three errors, and the source is none the worse for them.
func TestAFlakyGatewayIsOutlived(t *testing.T) {
	s := newSandbox(t)
	s.control("POST", "/scenarios/flaky-gateway", nil, nil)
	source := s.documented().TokenSource(within(t, patience), stored("REFRESH_TOKEN"))
	for _, message := range []string{"503", "502", "EOF"} {
		if _, err := source.Token(); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%v does not contain %s", err, message)
		}
	}
	must[*oauth2.Token](t)(source.Token())
	s.arrived(4, object{"endpoint": "token"})
}

// What the library makes of each named refresh token that ships.
func TestNamedTroubles(t *testing.T) {
	s := newSandbox(t)
	for name, message := range map[string]string{
		"EXPIRED":                 "invalid_grant",
		"REVOKED":                 "invalid_grant",
		"RATE_LIMITED":            "429",
		"UNAVAILABLE":             "503",
		"TEMPORARILY_UNAVAILABLE": "temporarily_unavailable",
		"SERVER_ERROR":            "server_error",
		"GATEWAY_HTML":            "502",
		"TRUNCATED":               "unexpected EOF",
		"MALFORMED":               "cannot parse json",
		"CLOSED":                  "EOF",
		"RESET":                   "connection reset",
		"LOST_RESPONSE":           "connection reset",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := refresh(t, s.documented(), name)
			if err == nil || !strings.Contains(err.Error(), message) {
				t.Errorf("%v, %v does not contain %s", token, err, message)
			}
		})
	}
}

// Without a deadline the library waits as long as the server does; with one it ends.
func TestSlowAnswersEndAtTheDeadline(t *testing.T) {
	s := newSandbox(t)
	for _, name := range []string{"SLOW", "DRIP"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := s.documented().TokenSource(within(t, time.Second), stored(name))
			// The text, because the library wraps what breaks off the body without its cause.
			_, err := source.Token()
			if err == nil || !strings.Contains(err.Error(), context.DeadlineExceeded.Error()) {
				t.Errorf("%v", err)
			}
		})
	}
}

// What the library lets pass: it reads what it can, and hands on the rest.
func TestNamedOdditiesPass(t *testing.T) {
	s := newSandbox(t)
	for name, check := range map[string]func(t *testing.T, token *oauth2.Token){
		"WRONG_CONTENT_TYPE": func(*testing.T, *oauth2.Token) {},
		"NO_EXPIRES_IN": func(t *testing.T, token *oauth2.Token) {
			if !token.Expiry.IsZero() || !token.Valid() {
				t.Errorf("it expires at %v", token.Expiry)
			}
		},
		"EXPIRES_IN_TEXT": func(t *testing.T, token *oauth2.Token) {
			if left := time.Until(token.Expiry); left < 14*time.Minute || left > 15*time.Minute {
				t.Errorf("it expires in %v", left)
			}
		},
		"OTHER_TOKEN_TYPE": func(t *testing.T, token *oauth2.Token) {
			if token.Type() != "MAC" {
				t.Errorf("its type is %s", token.Type())
			}
		},
		"NO_REFRESH_TOKEN": func(t *testing.T, token *oauth2.Token) {
			if token.RefreshToken != "NO_REFRESH_TOKEN" {
				t.Errorf("the refresh token is %s", token.RefreshToken)
			}
		},
		// Access tokens are opaque to a client.
		"EXPIRED_ACCESS_TOKEN": func(*testing.T, *oauth2.Token) {},
		"FORGED_ACCESS_TOKEN":  func(*testing.T, *oauth2.Token) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, must[*oauth2.Token](t)(refresh(t, s.documented(), name)))
		})
	}
}
