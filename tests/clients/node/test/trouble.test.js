// Gateways, limits, garbage and dead connections: what the clients retry, what they throw, what they believe.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { CLIENTS, forEachClient } from '../clients.js';
import { BUSY, sandbox } from '../control.js';

const NOT_CONFORM = 'OAUTH_RESPONSE_IS_NOT_CONFORM';

/** Fails with that HTTP status, which both keep in the response that is the error's cause. */
const status = (expected, code = NOT_CONFORM) => (error) => {
  assert.equal(error.cause?.status, expected, error);
  assert.equal(error.code, code);
  return true;
};

const oauthError = (expected) => (error) => {
  assert.equal(error.error, expected, error);
  return true;
};

const code = (expected) => (error) => {
  assert.equal(error.code, expected, error);
  return true;
};

/** What fetch says of a connection that died. */
const deadConnection = (error) => {
  assert.equal(error.message, 'fetch failed');
  assert.match(error.cause.code, /^(UND_ERR_SOCKET|ECONNRESET)$/);
  return true;
};

const THROWN = {
  EXPIRED: oauthError('invalid_grant'),
  REVOKED: oauthError('invalid_grant'),
  NO_SUCH_TOKEN: oauthError('invalid_grant'),
  RATE_LIMITED: status(429, 'OAUTH_RESPONSE_IS_NOT_JSON'),
  UNAVAILABLE: status(503),
  // From 500 on both look at the status, and not at the OAuth error in the body.
  TEMPORARILY_UNAVAILABLE: status(503),
  SERVER_ERROR: status(500),
  GATEWAY_HTML: status(502),
  MALFORMED: code('OAUTH_PARSE_ERROR'),
  TRUNCATED: code('OAUTH_PARSE_ERROR'),
  CLOSED: deadConnection,
  RESET: deadConnection,
  LOST_RESPONSE: deadConnection,
  OTHER_TOKEN_TYPE: code('OAUTH_UNSUPPORTED_OPERATION'),
};

describe('errors', { concurrency: true }, () => {
  for (const [token, error] of Object.entries(THROWN)) {
    forEachClient(it, `throws for ${token}`, async (t, connect) => {
      const server = await sandbox(t);
      await assert.rejects((await connect(server)).refresh(token), error);
      await server.verify({ filter: { endpoint: 'token' }, exactly: 1 });
    });
  }

  // SLOW answers rightly after three seconds.
  forEachClient(it, 'gives up on SLOW', async (t, connect, library) => {
    const client = await connect(await sandbox(t), 'client-default', { timeout: 1 });
    const timedOut = library === 'openid-client' ? { code: 'OAUTH_TIMEOUT' } : { name: 'TimeoutError' };
    await assert.rejects(client.refresh('SLOW'), timedOut);
  });

  // DRIP answers rightly within a dozen seconds: the time-out bounds the whole answer.
  forEachClient(it, 'gives up on DRIP', async (t, connect) => {
    const client = await connect(await sandbox(t), 'client-default', { timeout: 1 });
    await assert.rejects(client.refresh('DRIP'), { code: 'OAUTH_PARSE_ERROR' });
  });
});

describe('leniency', { concurrency: true }, () => {
  forEachClient(it, 'reads JSON whatever it is called', async (t, connect) => {
    const client = await connect(await sandbox(t));
    assert.ok((await client.refresh('WRONG_CONTENT_TYPE')).access_token);
  });

  forEachClient(it, 'knows of no end without expires_in', async (t, connect, library) => {
    const tokens = await (await connect(await sandbox(t))).refresh('NO_EXPIRES_IN');
    assert.equal(tokens.expires_in, undefined);
    if (library === 'openid-client') assert.equal(tokens.expiresIn(), undefined);
  });

  forEachClient(it, 'reads expires_in from a text', async (t, connect) => {
    const client = await connect(await sandbox(t));
    assert.equal((await client.refresh('EXPIRES_IN_TEXT')).expires_in, 899);
  });

  forEachClient(it, 'leaves it to the caller to keep the refresh token', async (t, connect) => {
    const client = await connect(await sandbox(t));
    assert.equal((await client.refresh('NO_REFRESH_TOKEN')).refresh_token, undefined);
  });
});

/** The documented way to retry: a fetch of one's own, here one that heeds Retry-After once. */
async function patientFetch(url, options) {
  const response = await fetch(url, options);
  if (response.status !== 503) return response;
  await pause(Number(response.headers.get('retry-after')) * 1000);
  return fetch(url, options);
}

describe('a 503 with Retry-After', { concurrency: true }, () => {
  forEachClient(it, 'throws, and goes on when asked again', async (t, connect) => {
    const server = await sandbox(t);
    await server.fault(BUSY);
    const client = await connect(server);
    await assert.rejects(client.refresh('REFRESH_TOKEN'), (error) => {
      assert.equal(error.cause.headers.get('retry-after'), '1');
      return status(503)(error);
    });
    assert.ok((await client.refresh('REFRESH_TOKEN')).access_token);
    await server.verify({ in_order: [{ status: 503, fault: 'status' }, { status: 200, endpoint: 'token' }] });
  });

  forEachClient(it, 'survives it with a fetch that retries', async (t, connect) => {
    const server = await sandbox(t);
    await server.fault(BUSY);
    const client = await connect(server, 'client-default', { fetch: patientFetch });
    const begun = Date.now();
    assert.ok((await client.refresh('REFRESH_TOKEN')).access_token);
    assert.ok(Date.now() - begun >= 990, 'Retry-After was not heeded');
    await server.verify({ filter: { endpoint: 'token' }, exactly: 2 });
  });

  for (const [library, connect] of Object.entries(CLIENTS)) {
    it(`ends the discovery of ${library}`, async (t) => {
      const server = await sandbox(t);
      await server.fault(BUSY, { on: 'metadata' });
      await assert.rejects(connect(server), status(503));
      await connect(server);
    });
  }
});

describe('flaky-gateway', { concurrency: true }, () => {
  forEachClient(it, 'throws thrice, and then refreshes', async (t, connect) => {
    const server = await sandbox(t);
    await server.scenario('flaky-gateway');
    const client = await connect(server);
    for (const error of [status(503), status(502), deadConnection]) {
      await assert.rejects(client.refresh('REFRESH_TOKEN'), error);
    }
    assert.ok((await client.refresh('REFRESH_TOKEN')).access_token);
    await server.verify({
      in_order: [{ status: 503 }, { fault: 'gateway_page' }, { fault: 'close' }, { outcome: 'issued' }],
    });
  });
});
