module example

go 1.25.0

require (
	github.com/coreos/go-oidc/v3 v3.21.0
	github.com/oauth-mimic/oauth-mimic/packages/go v0.1.0
	golang.org/x/oauth2 v0.38.0
)

require (
	github.com/go-jose/go-jose/v4 v4.1.4 // indirect
	github.com/oauth-mimic/oauth-mimic/packages/go/linux_amd64 v0.1.0 // indirect
)
