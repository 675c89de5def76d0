// The two OAuth clients behind one face, so that one test can tell what each does.

import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

const PLAIN_HTTP = { [oauth.allowInsecureRequests]: true };

/** openid-client, discovered. `timeout` is in seconds. */
export async function openidClient(sandbox, clientId = 'client-default', { timeout = 5, fetch } = {}) {
  const config = await openid.discovery(new URL(sandbox.issuer), clientId, `${clientId}-secret`, undefined, {
    execute: [openid.allowInsecureRequests],
  });
  config.timeout = timeout;
  if (fetch) config[openid.customFetch] = fetch;
  return {
    config,
    refresh: (token, parameters) => openid.refreshTokenGrant(config, token, parameters),
  };
}

/** oauth4webapi, discovered; its caller sends, processes and checks in steps of its own. */
export async function oauth4webapi(sandbox, clientId = 'client-default', { timeout = 5, fetch } = {}) {
  const issuer = new URL(sandbox.issuer);
  const found = await oauth.discoveryRequest(issuer, PLAIN_HTTP);
  const as = await oauth.processDiscoveryResponse(issuer, found);
  const client = { client_id: clientId };
  const secret = oauth.ClientSecretBasic(`${clientId}-secret`);
  return {
    as,
    refresh: async (token, parameters) => {
      const response = await oauth.refreshTokenGrantRequest(as, client, secret, token, {
        ...PLAIN_HTTP,
        ...(fetch && { [oauth.customFetch]: fetch }),
        additionalParameters: parameters,
        signal: AbortSignal.timeout(timeout * 1000),
      });
      const tokens = await oauth.processRefreshTokenResponse(as, client, response);
      return Object.assign(tokens, { response });
    },
    /** The signature of the ID token, which the client may leave to TLS and here does not. */
    checkSignature: (tokens) => oauth.validateApplicationLevelSignature(as, tokens.response, PLAIN_HTTP),
    /** What a resource server does with an access token of RFC 9068. */
    validate: (token, options) =>
      oauth.validateJwtAccessToken(
        as,
        new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } }),
        'https://api.example',
        { ...PLAIN_HTTP, ...options },
      ),
  };
}

export const CLIENTS = { 'openid-client': openidClient, oauth4webapi };

/** Defines a test for each of the two. */
export function forEachClient(test, name, body) {
  for (const [library, connect] of Object.entries(CLIENTS)) {
    test(`${library} ${name}`, (t) => body(t, connect, library));
  }
}
