package clients

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// The token source decides by the real clock, so the stored token is given an expiry that has passed by that one too.
func TestAnExpiredTokenIsRefreshedForANewerOne(t *testing.T) {
	s := newSandbox(t)
	before := must[*oauth2.Token](t)(refresh(t, s.documented(), "REFRESH_TOKEN"))
	s.advance(20 * time.Minute) // past the access token's quarter of an hour, within the refresh token's hour

	old := *before
	old.Expiry = time.Now().Add(-time.Minute)
	source := s.documented().TokenSource(within(t, patience), &old)
	after := must[*oauth2.Token](t)(source.Token())

	was, is := claims(t, before.AccessToken)["iat"].(float64), claims(t, after.AccessToken)["iat"].(float64)
	if is-was < 1200 {
		t.Errorf("issued at %v, and then at %v", was, is)
	}
	if again := must[*oauth2.Token](t)(source.Token()); again.AccessToken != after.AccessToken {
		t.Error("a token that is good was refreshed")
	}
	s.arrived(2, object{"endpoint": "token", "client_id": "client-default", "outcome": "issued"})
	s.faultless()
}

// A token that expires within ten seconds counts as expired: the library is early by that much.
func TestATokenIsRefreshedTenSecondsEarly(t *testing.T) {
	s := newSandbox(t)
	token := stored("REFRESH_TOKEN")
	token.Expiry = time.Now().Add(8 * time.Second)
	must[*oauth2.Token](t)(s.documented().TokenSource(within(t, patience), token).Token())
	s.arrived(1, object{"endpoint": "token", "outcome": "issued"})
}

// The token source has no place for a scope: Config.Scopes are for the login. What narrows is the general door, Exchange,
// with the grant's parameters put over its own; the empty `code` that it always sends counts as omitted (RFC 6749 §3.2).
func TestANarrowedScopeNarrowsOneRefreshOnly(t *testing.T) {
	s := newSandbox(t)
	config := s.documented()
	config.Scopes = []string{"openid"}

	whole := must[*oauth2.Token](t)(refresh(t, config, "REFRESH_TOKEN"))
	if scope := whole.Extra("scope"); scope != "openid email phone" {
		t.Errorf("Config.Scopes narrowed a refresh to %v", scope)
	}
	narrow := must[*oauth2.Token](t)(config.Exchange(within(t, patience), "",
		oauth2.SetAuthURLParam("grant_type", "refresh_token"),
		oauth2.SetAuthURLParam("refresh_token", whole.RefreshToken),
		oauth2.SetAuthURLParam("scope", "openid email"),
	))
	if scope := narrow.Extra("scope"); scope != "openid email" {
		t.Errorf("narrowed to %v", scope)
	}
	again := must[*oauth2.Token](t)(refresh(t, config, narrow.RefreshToken))
	if scope := again.Extra("scope"); scope != "openid email phone" {
		t.Errorf("after narrowing, %v", scope)
	}
}

// Under `rotate` the library reports a replay as the server does, and the family is gone.
func TestAReplayIsReported(t *testing.T) {
	s := newSandbox(t)
	successor := must[*oauth2.Token](t)(refresh(t, s.rotating(), "ROTATING_REFRESH_TOKEN")).RefreshToken
	if successor == "ROTATING_REFRESH_TOKEN" {
		t.Fatal("the token did not rotate")
	}
	for _, token := range []string{"ROTATING_REFRESH_TOKEN", successor} {
		_, err := refresh(t, s.rotating(), token)
		var refused *oauth2.RetrieveError
		if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
			t.Errorf("%s: %v", token, err)
		}
	}
	s.arrived(1, object{"client_id": "client-rotating", "outcome": "issued"})
	s.arrived(2, object{"client_id": "client-rotating", "error": "invalid_grant", "status": http.StatusBadRequest})
}

// A token source keeps the successor, so that its own refreshes are not replays.
func TestATokenSourceFollowsTheRotation(t *testing.T) {
	s := newSandbox(t)
	// Whatever arrives counts as expired, so each call refreshes.
	source := oauth2.ReuseTokenSourceWithExpiry(nil,
		s.rotating().TokenSource(within(t, patience), stored("ROTATING_REFRESH_TOKEN")), 24*time.Hour)
	for range 3 {
		must[*oauth2.Token](t)(source.Token())
	}
	s.arrived(3, object{"client_id": "client-rotating", "outcome": "issued"})
}
