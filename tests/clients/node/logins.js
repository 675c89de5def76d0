// The login of the two OAuth clients behind one face, so that one test can show what each does.

import { readFileSync } from 'node:fs';

import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

const PLAIN_HTTP = { [oauth.allowInsecureRequests]: true };

/** Nobody listens there: the robot stops. */
export const CLIENT = 'http://localhost:3000/';
const CALLBACK = `${CLIENT}callback`;
const SCOPE = 'openid email';

const { $schema, ...DEFAULT } = JSON.parse(readFileSync(new URL('../../../fixtures/default.json', import.meta.url)));

/** The order for a sandbox with the default clients and users, under each built-in profile. */
export const PROFILES = {
  connect: {},
  standard: { fixtures: { ...DEFAULT, profile: 'standard' } },
};

/** The secret of a client of the default fixtures; a public one has none. */
const SECRETS = { web: 'web-secret', spa: undefined };

/** openid-client, discovered; `checks` are what it remembers between the request and the response. */
async function openidClient(server, clientId = 'web') {
  const secret = SECRETS[clientId];
  const authentication = secret ? openid.ClientSecretBasic(secret) : openid.None();
  const config = await openid.discovery(new URL(server.issuer), clientId, undefined, authentication, {
    execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks],
  });
  return {
    config,
    async start(parameters) {
      const checks = {
        pkceCodeVerifier: openid.randomPKCECodeVerifier(),
        expectedState: openid.randomState(),
        expectedNonce: openid.randomNonce(),
      };
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: CALLBACK,
        scope: SCOPE,
        state: checks.expectedState,
        nonce: checks.expectedNonce,
        code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
        code_challenge_method: 'S256',
        ...parameters,
      });
      return { url: url.href, checks };
    },
    async finish(url, checks) {
      const tokens = await openid.authorizationCodeGrant(config, new URL(url), { ...checks, idTokenExpected: true });
      return Object.assign(tokens, { identity: tokens.claims() });
    },
    userinfo: (tokens, sub) => openid.fetchUserInfo(config, tokens.access_token, sub),
    refresh: (token) => openid.refreshTokenGrant(config, token),
    revoke: (token) => openid.tokenRevocation(config, token),
    logoutUrl: (tokens, state) =>
      openid.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token,
        post_logout_redirect_uri: CLIENT,
        state,
      }).href,
  };
}

/** oauth4webapi, discovered; each check of the response is a step that its caller takes. */
async function oauth4webapi(server, clientId = 'web') {
  const issuer = new URL(server.issuer);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, PLAIN_HTTP));
  const client = { client_id: clientId };
  const secret = SECRETS[clientId];
  const authentication = secret ? oauth.ClientSecretBasic(secret) : oauth.None();
  return {
    async start(parameters) {
      const checks = {
        pkceCodeVerifier: oauth.generateRandomCodeVerifier(),
        expectedState: oauth.generateRandomState(),
        expectedNonce: oauth.generateRandomNonce(),
      };
      const url = new URL(as.authorization_endpoint);
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: CALLBACK,
        scope: SCOPE,
        state: checks.expectedState,
        nonce: checks.expectedNonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
        code_challenge_method: 'S256',
        ...parameters,
      });
      return { url: url.href, checks };
    },
    async finish(url, { pkceCodeVerifier, expectedState, expectedNonce }) {
      const answer = oauth.validateAuthResponse(as, client, new URL(url), expectedState);
      const response = await oauth.authorizationCodeGrantRequest(
        as, client, authentication, answer, CALLBACK, pkceCodeVerifier, PLAIN_HTTP);
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
        expectedNonce,
        requireIdToken: true,
      });
      await oauth.validateApplicationLevelSignature(as, response, PLAIN_HTTP);
      return Object.assign(tokens, { identity: oauth.getValidatedIdTokenClaims(tokens) });
    },
    userinfo: async (tokens, sub) =>
      oauth.processUserInfoResponse(as, client, sub,
        await oauth.userInfoRequest(as, client, tokens.access_token, PLAIN_HTTP)),
    refresh: async (token) =>
      oauth.processRefreshTokenResponse(as, client,
        await oauth.refreshTokenGrantRequest(as, client, authentication, token, PLAIN_HTTP)),
    revoke: async (token) =>
      oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, token, PLAIN_HTTP)),
    logoutUrl(tokens, state) {
      const url = new URL(as.end_session_endpoint);
      url.search = new URLSearchParams({
        id_token_hint: tokens.id_token,
        post_logout_redirect_uri: CLIENT,
        state,
      });
      return url.href;
    },
  };
}

export const LOGINS = { 'openid-client': openidClient, oauth4webapi };
