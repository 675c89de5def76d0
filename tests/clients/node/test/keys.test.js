// Following the provider's keys.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { jwksCache } from 'oauth4webapi';
import { enableNonRepudiationChecks, getJwksCache, setJwksCache } from 'openid-client';

import { forEachClient, oauth4webapi, openidClient } from '../clients.js';
import { BUSY, STANDARD, sandbox } from '../control.js';

const standard = (t) => sandbox(t, { fixtures: STANDARD });
const rotate = (server) => server.control('POST', 'keys/rotate');
const fetched = (server, times) => server.verify({ filter: { endpoint: 'jwks' }, exactly: times });
const kid = (token) => decodeProtectedHeader(token).kid;

/** A cache of keys, fetched `seconds` ago. */
async function fetchedAgo(server, seconds) {
  const jwks = await (await fetch(server.jwksUrl)).json();
  return { jwks, uat: Math.floor(Date.now() / 1000) - seconds };
}

describe('jose', { concurrency: true }, () => {
  it('follows a rotation', async (t) => {
    // It fetches again for an unknown kid, here without the pause of thirty seconds that it makes between fetches.
    const server = await standard(t);
    const keys = createRemoteJWKSet(server.jwksUrl, { cooldownDuration: 0 });
    const old = await server.mint('access_token');
    await jwtVerify(old, keys);
    await jwtVerify(old, keys);
    await fetched(server, 1);

    await rotate(server);
    const fresh = await server.mint('access_token');
    assert.notEqual(kid(fresh), kid(old));
    await jwtVerify(fresh, keys);
    await jwtVerify(old, keys); // whose key is still published
    await fetched(server, 2);
  });

  it('refuses the new key while it cools down, by default', async (t) => {
    const server = await standard(t);
    const keys = createRemoteJWKSet(server.jwksUrl);
    await jwtVerify(await server.mint('access_token'), keys);
    await rotate(server);
    await assert.rejects(jwtVerify(await server.mint('access_token'), keys), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
    await fetched(server, 1);
  });

  it('refuses a key that is gone', async (t) => {
    const server = await standard(t);
    const old = await server.mint('access_token');
    await rotate(server);
    await server.control('DELETE', `keys/${kid(old)}`);
    const keys = createRemoteJWKSet(server.jwksUrl);
    await assert.rejects(jwtVerify(old, keys), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  it('comes through key-rollover with one fetch more', async (t) => {
    const server = await standard(t);
    await server.scenario('key-rollover');
    const keys = createRemoteJWKSet(server.jwksUrl, { cooldownDuration: 0 });
    await jwtVerify(await server.mint('access_token'), keys);
    await fetched(server, 2);
  });

  it('throws for a 503 of the keys, and goes on when asked again', async (t) => {
    const server = await standard(t);
    await server.fault(BUSY, { on: 'jwks' });
    const keys = createRemoteJWKSet(server.jwksUrl);
    const token = await server.mint('access_token');
    await assert.rejects(jwtVerify(token, keys), /Expected 200 OK/);
    await jwtVerify(token, keys);
  });

  for (const [wrong, code] of [
    ['empty', 'ERR_JWKS_NO_MATCHING_KEY'],
    ['late', 'ERR_JWKS_NO_MATCHING_KEY'],
    ['stale', 'ERR_JWKS_NO_MATCHING_KEY'],
    ['wrong_key', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  ]) {
    it(`verifies nothing by keys that are ${wrong}`, async (t) => {
      const server = await standard(t);
      await rotate(server);
      await server.fault({ kind: 'keys', keys: wrong }, { on: 'jwks', times: 2 });
      const keys = createRemoteJWKSet(server.jwksUrl);
      await assert.rejects(jwtVerify(await server.mint('access_token'), keys), { code });
    });
  }
});

// Both fetch again for an unknown kid where what they have is a minute old, and until then refuse.
describe('oauth4webapi', { concurrency: true }, () => {
  it('follows a rotation by keys a minute old', async (t) => {
    const server = await standard(t);
    const cache = await fetchedAgo(server, 61);
    await rotate(server);
    const client = await oauth4webapi(server, 'shop');
    const claims = await client.validate(await server.mint('access_token'), { [jwksCache]: cache });
    assert.equal(claims.sub, 'alice');
    await fetched(server, 2);
  });

  it('refuses a key that is gone', async (t) => {
    const server = await standard(t);
    const old = await server.mint('access_token');
    await rotate(server);
    await server.control('DELETE', `keys/${kid(old)}`);
    const client = await oauth4webapi(server, 'shop');
    await assert.rejects(client.validate(old), { code: 'OAUTH_KEY_SELECTION_FAILED' });
  });

  it('refuses the new key by younger ones', async (t) => {
    const server = await standard(t);
    const client = await oauth4webapi(server, 'shop');
    await client.validate(await server.mint('access_token'));
    await rotate(server);
    await assert.rejects(client.validate(await server.mint('access_token')), { code: 'OAUTH_KEY_SELECTION_FAILED' });
    await fetched(server, 1);
  });
});

describe('openid-client', { concurrency: true }, () => {
  it('follows a rotation by keys a minute old', async (t) => {
    const server = await standard(t);
    const { config, refresh } = await openidClient(server, 'shop');
    enableNonRepudiationChecks(config);
    setJwksCache(config, await fetchedAgo(server, 61));
    await rotate(server);
    const tokens = await refresh('SHOP');
    assert.equal(tokens.claims().sub, 'alice');
    assert.ok(getJwksCache(config).jwks.keys.some((key) => key.kid === kid(tokens.id_token)));
    await fetched(server, 2);
  });

  it('refuses the new key by younger ones', async (t) => {
    const server = await standard(t);
    const { config, refresh } = await openidClient(server, 'shop');
    enableNonRepudiationChecks(config);
    const { refresh_token } = await refresh('SHOP');
    await rotate(server);
    await assert.rejects(refresh(refresh_token), { code: 'OAUTH_KEY_SELECTION_FAILED' });
    await fetched(server, 1);
  });
});

/** Refreshes and has the signature of the ID token checked, each in its library's way. */
async function checking(connect, server, clientId) {
  const client = await connect(server, clientId);
  if (client.config) enableNonRepudiationChecks(client.config);
  return async (token) => {
    const tokens = await client.refresh(token);
    await client.checkSignature?.(tokens);
    return tokens;
  };
}

describe('keys that fail', { concurrency: true }, () => {
  forEachClient(it, 'throws for a 503 of the keys, and goes on when asked again', async (t, connect) => {
    const server = await sandbox(t);
    await server.fault(BUSY, { on: 'jwks' });
    const refresh = await checking(connect, server);
    await assert.rejects(refresh('REFRESH_TOKEN'), { code: 'OAUTH_RESPONSE_IS_NOT_CONFORM' });
    assert.ok((await refresh('REFRESH_TOKEN')).access_token);
  });

  it('cost openid-client a token that rotates: what was refused held its successor', async (t) => {
    const server = await sandbox(t);
    await server.fault(BUSY, { on: 'jwks' });
    const refresh = await checking(openidClient, server, 'client-rotating');
    await assert.rejects(refresh('ROTATING_REFRESH_TOKEN'), { code: 'OAUTH_RESPONSE_IS_NOT_CONFORM' });
    await assert.rejects(refresh('ROTATING_REFRESH_TOKEN'), { error: 'invalid_grant' });
  });

  for (const [wrong, code] of [
    ['empty', 'OAUTH_KEY_SELECTION_FAILED'],
    ['late', 'OAUTH_KEY_SELECTION_FAILED'],
    ['stale', 'OAUTH_KEY_SELECTION_FAILED'],
    ['wrong_key', 'OAUTH_INVALID_RESPONSE'],
  ]) {
    forEachClient(it, `verifies nothing by keys that are ${wrong}`, async (t, connect) => {
      const server = await standard(t);
      await rotate(server);
      await server.fault({ kind: 'keys', keys: wrong }, { on: 'jwks' });
      await assert.rejects((await checking(connect, server, 'shop'))('SHOP'), { code });
    });
  }
});
