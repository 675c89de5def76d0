/**
 * An OAuth 2.0 and OpenID Connect provider for tests: {@link io.github.oauthmimic.TokenServer} starts a server,
 * {@link io.github.oauthmimic.Provider} is a sandbox of it, and {@link io.github.oauthmimic.OAuthMimic} gives each test of
 * JUnit one.
 *
 * <p>The server is looked for in this order: {@code OAUTH_MIMIC_URL}, the address of a server that runs already;
 * {@code OAUTH_MIMIC_BINARY}, the path of the binary; the binary in an artifact on the class path, which is unpacked once
 * into the user's cache; {@code oauth-mimic} on the {@code PATH}. If {@code OAUTH_MIMIC_CONTROL_TOKEN} is set, it is the
 * bearer token of the control plane. With {@code OAUTH_MIMIC_KEEP=1}, sandboxes are not removed.
 */
package io.github.oauthmimic;
