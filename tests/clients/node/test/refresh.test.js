// Refreshing, narrowing, replaying.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createRemoteJWKSet, decodeJwt, errors, jwtVerify } from 'jose';

import { forEachClient, openidClient } from '../clients.js';
import { ago, sandbox } from '../control.js';

const AN_HOUR_AND_MORE = 1000;

function verifier(server) {
  const keys = createRemoteJWKSet(server.jwksUrl);
  return async (token) => (await jwtVerify(token, keys, { issuer: server.issuer })).payload;
}

/** Where a library puts the error code of RFC 6749. */
const refused = (code) => (error) => {
  assert.equal(error.error, code, error);
  assert.equal(error.code, 'OAUTH_RESPONSE_BODY_ERROR');
  return true;
};

describe('refresh', { concurrency: true }, () => {
  forEachClient(it, 'refreshes what jose says has expired', async (t, connect) => {
    // The server starts a good quarter of an hour ago, issues, and is then moved to the client's present.
    const server = await sandbox(t, { clock: ago(AN_HOUR_AND_MORE) });
    const stored = await server.mint('response', { client_id: 'client-default' });
    await server.advance(AN_HOUR_AND_MORE);
    const client = await connect(server);
    const verify = verifier(server);

    await assert.rejects(verify(stored.access_token), errors.JWTExpired);
    const fresh = await client.refresh(stored.refresh_token);

    const claims = await verify(fresh.access_token);
    assert.ok(claims.iat >= decodeJwt(stored.access_token).exp);
    await server.verify({ filter: { endpoint: 'token', grant_type: 'refresh_token', status: 200 }, exactly: 1 });
  });

  it('openid-client counts down to the expiry by its own clock', async (t) => {
    const server = await sandbox(t);
    const tokens = await (await openidClient(server)).refresh('REFRESH_TOKEN');
    assert.ok(tokens.expiresIn() > 890);
    await server.advance(3600);
    assert.ok(tokens.expiresIn() > 890);
  });

  forEachClient(it, 'hears that the refresh token expired too', async (t, connect) => {
    const server = await sandbox(t, { clock: ago(7200) });
    const stored = await server.mint('response', { client_id: 'client-default' });
    await server.advance(7200);
    const client = await connect(server);
    await assert.rejects(client.refresh(stored.refresh_token), refused('invalid_grant'));
  });

  forEachClient(it, 'narrows the scope and has the whole grant again', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    const narrow = await client.refresh('REFRESH_TOKEN', { scope: 'openid' });
    assert.equal(narrow.scope, 'openid');
    assert.deepEqual((await verifier(server)(narrow.access_token)).scope, ['openid']);

    const whole = await client.refresh(narrow.refresh_token);
    assert.equal(whole.scope, 'openid email phone');
  });

  forEachClient(it, 'hears that the scope was never granted', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    await assert.rejects(client.refresh('REFRESH_TOKEN', { scope: 'openid admin' }), refused('invalid_scope'));
    await server.verify({ filter: { error: 'invalid_scope' }, exactly: 1 });
  });

  forEachClient(it, 'hears that a replay revoked the family', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server, 'client-rotating');
    const first = await client.refresh('ROTATING_REFRESH_TOKEN');
    assert.notEqual(first.refresh_token, 'ROTATING_REFRESH_TOKEN');
    await assert.rejects(client.refresh('ROTATING_REFRESH_TOKEN'), refused('invalid_grant'));
    await assert.rejects(client.refresh(first.refresh_token), refused('invalid_grant'), 'the successor is dead too');

    await server.verify({
      filter: { client_id: 'client-rotating' },
      exactly: 3,
      in_order: [{ outcome: 'issued' }, { error: 'invalid_grant' }, { error: 'invalid_grant' }],
    });
    const advice = (await server.arrived({ error: 'invalid_grant' })).flatMap((request) => request.advice ?? []);
    assert.ok(advice.some(({ code, clause }) => code === 'refresh_replay' && clause === 'RFC 9700 §4.14.2'));
  });

  forEachClient(it, 'loses a rotation', async (t, connect) => {
    // The answer is lost, the token is spent: trying again is a replay, and only a new login helps.
    const server = await sandbox(t);
    await server.scenario('lost-rotation');
    const client = await connect(server);
    await assert.rejects(client.refresh('REFRESH_TOKEN'));
    await assert.rejects(client.refresh('REFRESH_TOKEN'), refused('invalid_grant'));
    await server.verify({ in_order: [{ fault: 'lost_response' }, { error: 'invalid_grant' }] });
  });
});
