package clients

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// accepted is, in a table, the text for a defect that the library lets pass by design.
const accepted = ""

// defects are what can be wrong with a token, and the words by which the verifier refuses it. The same for ID tokens and
// access tokens: go-oidc has one verifier, to which an access token is a token for another audience.
var defects = []struct {
	name    string
	defect  any
	message string
}{
	{"expired", object{"kind": "expired"}, "token is expired"},
	{"not yet valid", object{"kind": "not_yet_valid"}, "before the nbf"},
	{"wrong issuer", object{"kind": "wrong_issuer"}, "issued by a different provider"},
	{"wrong audience", object{"kind": "wrong_audience"}, "expected audience"},
	{"unknown kid", object{"kind": "unknown_kid"}, "failed to verify"},
	{"foreign key", object{"kind": "foreign_key"}, "failed to verify"},
	{"damaged signature", object{"kind": "damaged_signature"}, "failed to verify"},
	{"alg none", object{"kind": "alg_none"}, "malformed jwt"},
	{"hs256 with the public key", object{"kind": "hs256_with_public_key"}, "unexpected signature algorithm"},
	{"no exp", object{"kind": "missing_claim", "claim": "exp"}, "token is expired"},
	{"no iss", object{"kind": "missing_claim", "claim": "iss"}, "issued by a different provider"},
	{"no aud", object{"kind": "missing_claim", "claim": "aud"}, "expected audience"},
	// It does not look at typ, iat, sub or azp; those are the caller's.
	{"wrong type", object{"kind": "wrong_type"}, accepted},
	{"issued in the future", object{"kind": "issued_in_future"}, accepted},
	{"no iat", object{"kind": "missing_claim", "claim": "iat"}, accepted},
	{"no sub", object{"kind": "missing_claim", "claim": "sub"}, accepted},
	{"another azp", object{"kind": "set_claims", "claims": object{"azp": "another"}}, accepted},
	{"oversized", object{"kind": "oversized", "bytes": 100_000}, accepted},
}

// verifier is one that finds the server's keys by its metadata.
func verifier(t *testing.T, s *sandbox, audience string, now func() time.Time) *oidc.IDTokenVerifier {
	t.Helper()
	provider := must[*oidc.Provider](t)(oidc.NewProvider(t.Context(), s.Issuer))
	return provider.Verifier(&oidc.Config{ClientID: audience, Now: now})
}

// refuses holds the table against a kind of token.
func refuses(t *testing.T, s *sandbox, kind, audience string) {
	t.Helper()
	verifier := verifier(t, s, audience, nil)
	if _, err := verifier.Verify(t.Context(), s.mint(kind, nil)); err != nil {
		t.Fatalf("a good token: %v", err)
	}
	for _, row := range defects {
		_, err := verifier.Verify(t.Context(), s.mint(kind, row.defect))
		switch {
		case row.message == accepted && err != nil:
			t.Errorf("%s: %v", row.name, err)
		case row.message != accepted && (err == nil || !strings.Contains(err.Error(), row.message)):
			t.Errorf("%s: %v does not contain %q", row.name, err, row.message)
		}
	}
}

func TestDefectsOfIDTokens(t *testing.T) {
	refuses(t, newSandbox(t), "id_token", "client-default")
}

func TestDefectsOfStandardIDTokens(t *testing.T) {
	refuses(t, standardSandbox(t), "id_token", "shop")
}

func TestDefectsOfAccessTokens(t *testing.T) {
	refuses(t, standardSandbox(t), "access_token", "https://api.example.com")
}

// The verifier takes a clock: by the server's, an ID token ages as the server's clock does.
func TestAnIDTokenAgesByTheServersClock(t *testing.T) {
	s := newSandbox(t)
	verifier := verifier(t, s, "client-default", s.now)
	idToken := func() string {
		return must[*oauth2.Token](t)(refresh(t, s.documented(), "REFRESH_TOKEN")).Extra("id_token").(string)
	}
	old := idToken()
	must[*oidc.IDToken](t)(verifier.Verify(t.Context(), old))
	s.advance(time.Hour)
	if _, err := verifier.Verify(t.Context(), old); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("%v", err)
	}
	must[*oidc.IDToken](t)(verifier.Verify(t.Context(), idToken()))
}

// A refresh that brings a forged ID token succeeds; it is the verifier that refuses it.
func TestAForgedIDTokenOfARefresh(t *testing.T) {
	s := newSandbox(t)
	token := must[*oauth2.Token](t)(refresh(t, s.documented(), "FORGED_ID_TOKEN"))
	_, err := verifier(t, s, "client-default", nil).Verify(t.Context(), token.Extra("id_token").(string))
	if err == nil || !strings.Contains(err.Error(), "failed to verify signature") {
		t.Errorf("%v", err)
	}
}

// A kid that is not in the cache makes the verifier fetch the keys again. What it once fetched it keeps until then, so
// that a retired key is good for it until the next unknown one.
func TestAKeyRotationIsFollowed(t *testing.T) {
	s := standardSandbox(t)
	verifier := verifier(t, s, "shop", nil)
	good := func(token string) {
		t.Helper()
		if _, err := verifier.Verify(t.Context(), token); err != nil {
			t.Error(err)
		}
	}
	first := s.mint("id_token", nil)
	good(first)
	good(first)
	s.arrived(1, object{"endpoint": "jwks"})

	var keys struct {
		Keys []struct {
			Kid   string `json:"kid"`
			Signs bool   `json:"signs"`
		} `json:"keys"`
	}
	s.control("POST", "/keys/rotate", nil, &keys)
	good(s.mint("id_token", nil))
	good(first)
	s.arrived(2, object{"endpoint": "jwks", "status": http.StatusOK})

	s.control("DELETE", "/keys/"+keys.Keys[1].Kid, nil, nil)
	good(first)
	s.arrived(2, object{"endpoint": "jwks"})
	s.control("POST", "/keys/rotate", nil, nil)
	good(s.mint("id_token", nil))
	if _, err := verifier.Verify(t.Context(), first); err == nil {
		t.Error("a token of the retired key is still good")
	}
}
