package example

import (
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/oauth-mimic/oauth-mimic/packages/go/mimictest"
	"golang.org/x/oauth2"
)

func TestAliceLogsIn(t *testing.T) {
	t.Parallel()
	provider := mimictest.New(t)
	discovered, err := oidc.NewProvider(t.Context(), provider.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	client := oauth2.Config{
		ClientID:     "web",
		ClientSecret: "web-secret",
		Endpoint:     discovered.Endpoint(),
		RedirectURL:  "http://localhost:3000/callback",
		Scopes:       []string{oidc.ScopeOpenID, "email"},
	}
	verifier := oauth2.GenerateVerifier()

	provider.NextLogin(mimictest.Object{"user": "alice"})
	response := provider.Authorize(client.AuthCodeURL("xyz", oauth2.S256ChallengeOption(verifier)))
	if response.State != "xyz" {
		t.Fatal(response)
	}
	token, err := client.Exchange(t.Context(), response.Code, oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}

	idTokens := discovered.Verifier(&oidc.Config{ClientID: "web"})
	idToken, err := idTokens.Verify(t.Context(), token.Extra("id_token").(string))
	if err != nil || idToken.Subject != "alice" {
		t.Fatal(idToken, err)
	}
}

func TestARefreshIsTriedAgain(t *testing.T) {
	t.Parallel()
	provider := mimictest.New(t)
	client := oauth2.Config{
		ClientID:     "CLIENT_ID",
		ClientSecret: "CLIENT_SECRET",
		Endpoint:     oauth2.Endpoint{TokenURL: provider.TokenURL, AuthStyle: oauth2.AuthStyleInHeader},
	}
	expired := &oauth2.Token{RefreshToken: "REFRESH_TOKEN", Expiry: time.Now().Add(-time.Minute)}

	provider.FailNext(1)
	source := client.TokenSource(t.Context(), expired)
	if _, err := source.Token(); err == nil {
		t.Fatal("the provider was available")
	}
	if _, err := source.Token(); err != nil {
		t.Fatal(err)
	}
	provider.Verify(mimictest.Object{"grant_type": "refresh_token"}, mimictest.Exactly(2))
}

func TestAnExpiredTokenIsRefused(t *testing.T) {
	t.Parallel()
	provider := mimictest.New(t)
	keys := oidc.NewRemoteKeySet(t.Context(), provider.JWKSURL)
	verifier := oidc.NewVerifier(provider.Issuer, keys, &oidc.Config{SkipClientIDCheck: true})

	good := provider.Mint(mimictest.Object{"kind": "access_token"})
	if _, err := verifier.Verify(t.Context(), good.Token); err != nil {
		t.Error(err)
	}
	for _, defect := range []string{"expired", "wrong_issuer", "damaged_signature", "foreign_key"} {
		broken := provider.Mint(mimictest.Object{"kind": "access_token", "defect": mimictest.Object{"kind": defect}})
		if _, err := verifier.Verify(t.Context(), broken.Token); err == nil {
			t.Error(defect, "is accepted")
		}
	}
}
