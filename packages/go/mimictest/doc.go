// Package mimictest gives each test an OAuth 2.0 and OpenID Connect provider of its own.
//
//	func TestRefresh(t *testing.T) {
//		provider := mimictest.New(t)
//		client := app.NewClient(provider.TokenURL)
//		...
//		provider.Verify(mimictest.Object{"grant_type": "refresh_token"}, mimictest.Exactly(1))
//	}
//
// The provider is oauth-mimic, a server that the package carries. One server runs for each test binary, and ends with it,
// even if that is killed. Each call of [New] makes a sandbox: an issuer with its own clients, users, keys, clock, faults
// and journal. It is removed when the test ends; if the test failed, the requests that arrived are logged.
//
// # Where the server comes from
//
// The package looks in this order:
//
//  1. OAUTH_MIMIC_URL: the address of a server that runs already. The package starts nothing.
//  2. OAUTH_MIMIC_BINARY: the path of the binary.
//  3. The binary that the package carries, unpacked once into the user's cache directory. It carries one for linux/amd64.
//  4. oauth-mimic on the PATH.
//
// If OAUTH_MIMIC_CONTROL_TOKEN is set, it is the bearer token of the control plane. With OAUTH_MIMIC_KEEP=1, sandboxes are
// not removed.
//
// # Errors
//
// The methods report what fails to the test, by Fatal. So call them from the goroutine of the test. [Provider.Control]
// returns an error instead.
package mimictest
