// A login, from the discovery to the logout, and responses that must not log anybody in.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import * as openid from 'openid-client';

import { sandbox } from '../control.js';
import { CLIENT, LOGINS, PROFILES } from '../logins.js';
import { Robot } from '../robot.js';

// The provider of `connect` documents that it appends `&state=` where there is no query, and there a client finds no state.
const GOODBYE = { connect: `${CLIENT}&state=s%20t%2Ba%2Fte`, standard: `${CLIENT}?state=s%20t%2Ba%2Fte` };

const newRobot = () => new Robot({ stopAt: CLIENT });

/** Where each library puts the error code of RFC 6749, and the name of a check that failed. */
const oauthError = (expected) => (error) => {
  assert.equal(error.error, expected, error);
  return true;
};
const because = (reason) => (error) => {
  assert.match(`${error.message}\n${error.cause?.message ?? ''}`, reason, error);
  return true;
};

/** Defines a test for each of the two. */
function forEachLibrary(name, body) {
  for (const [library, connect] of Object.entries(LOGINS)) it(`${library} ${name}`, (t) => body(t, connect));
}

/** Alice, logged in by a script. */
async function scripted(server, client) {
  await server.control('POST', 'logins', { user: 'alice' });
  const { url, checks } = await client.start();
  const robot = newRobot();
  const response = await robot.open(url);
  return { robot, checks, response };
}

describe('a login', { concurrency: true }, () => {
  for (const [profile, order] of Object.entries(PROFILES)) {
    for (const clientId of ['web', 'spa']) {
      forEachLibrary(`logs in, calls userinfo, refreshes and logs out: ${clientId}, profile ${profile}`, async (t, connect) => {
        const server = await sandbox(t, order);
        const client = await connect(server, clientId);
        const { robot, checks, response } = await scripted(server, client);

        const tokens = await client.finish(response.url, checks);
        assert.equal(tokens.identity.sub, 'alice');
        assert.equal((await client.userinfo(tokens, 'alice')).email, 'alice@example.com');
        const fresh = await client.refresh(tokens.refresh_token);
        assert.equal((await client.userinfo(fresh, 'alice')).email, 'alice@example.com');

        const goodbye = await robot.open(client.logoutUrl(fresh, 's t+a/te'));
        assert.equal(goodbye.url, GOODBYE[profile]);
        await assert.rejects(client.refresh(fresh.refresh_token), oauthError('invalid_grant'));
        // The session is gone with it: the next login shows the page.
        assert.equal((await robot.open((await client.start()).url)).status, 200);

        await server.verify({ filter: { endpoint: 'authorization' }, no_advice: true });
        await server.verify({ filter: { endpoint: 'token' }, exactly: 3, in_order: [
          { grant_type: 'authorization_code', status: 200 },
          { grant_type: 'refresh_token', status: 200 },
          { grant_type: 'refresh_token', error: 'invalid_grant' },
        ] });
      });
    }
  }

  forEachLibrary('logs in with the button of a user, and with a password', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    const press = async (label, fields) => {
      const { url, checks } = await client.start();
      const robot = newRobot();
      const response = await robot.press(await robot.open(url), label, fields);
      return (await client.finish(response.url, checks)).identity.sub;
    };
    assert.equal(await press('Camille Martin'), 'b626dc6a-0940-44da-af69-04b411a1de56');
    assert.equal(await press('Log in', { mimic_username: 'bob', mimic_password: 'bob' }), 'bob');
  });

  forEachLibrary('logs in at a server where every user is logged in at once', async (t, connect) => {
    const server = await sandbox(t, { fixtures: { ...PROFILES.standard.fixtures, auto_login: 'alice' } });
    const client = await connect(server);
    const login = async (parameters) => {
      const { url, checks } = await client.start(parameters);
      return (await client.finish((await newRobot().open(url)).url, checks)).identity.sub;
    };
    assert.equal(await login(), 'alice');
    assert.equal(await login({ login_hint: 'bob@example.com' }), 'bob');
  });

  forEachLibrary('revokes its refresh token', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    const { checks, response } = await scripted(server, client);
    const tokens = await client.finish(response.url, checks);
    await client.revoke(tokens.refresh_token);
    await assert.rejects(client.refresh(tokens.refresh_token), oauthError('invalid_grant'));
  });

  it('openid-client checks the ID token that comes with the code', async (t) => {
    const server = await sandbox(t, PROFILES.standard);
    const client = await LOGINS['openid-client'](server);
    openid.useCodeIdTokenResponseType(client.config);
    const { checks, response } = await scripted(server, client);
    assert.match(response.url, /#.*id_token=/);
    const foreign = response.url.replace(/code=[^&]+/, 'code=another');
    await assert.rejects(client.finish(foreign, checks), because(/c_hash/));
    assert.equal((await client.finish(response.url, checks)).identity.sub, 'alice');
  });
});

describe('a response that logs nobody in', { concurrency: true }, () => {
  forEachLibrary('reports that the user denied', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    await server.control('POST', 'logins', { deny: true });
    const { url, checks } = await client.start();
    const response = await newRobot().open(url);
    await assert.rejects(client.finish(response.url, checks), oauthError('access_denied'));
    await server.verify({ filter: { endpoint: 'token' }, exactly: 0 });
  });

  forEachLibrary('reports that the user pressed Deny', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    const { url, checks } = await client.start();
    const robot = newRobot();
    const response = await robot.press(await robot.open(url), 'Deny');
    await assert.rejects(client.finish(response.url, checks), oauthError('access_denied'));
  });

  // What an attacker, or a confused browser, brings in place of the response.
  const CHANGES = {
    'another state': [(url) => url.searchParams.set('state', 'of somebody else'), /"state"/],
    'no state': [(url) => url.searchParams.delete('state'), /"state"/],
    'another issuer': [(url) => url.searchParams.set('iss', 'https://attacker.example'), /"iss"/],
    'no issuer': [(url) => url.searchParams.delete('iss'), /"iss"/],
  };
  for (const [name, [change, reason]] of Object.entries(CHANGES)) {
    forEachLibrary(`refuses a response with ${name}, and sends no code`, async (t, connect) => {
      const server = await sandbox(t);
      const client = await connect(server);
      const { checks, response } = await scripted(server, client);
      const changed = new URL(response.url);
      change(changed);
      await assert.rejects(client.finish(changed.href, checks), because(reason));
      await server.verify({ filter: { endpoint: 'token' }, exactly: 0 });
      assert.equal((await client.finish(response.url, checks)).identity.sub, 'alice', 'the true one is good');
    });
  }

  forEachLibrary('refuses the ID token of another request, by its nonce', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    const { checks, response } = await scripted(server, client);
    await assert.rejects(client.finish(response.url, { ...checks, expectedNonce: 'another' }), because(/"nonce"/));
  });

  forEachLibrary('refuses a forged ID token', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    const { checks, response } = await scripted(server, client);
    await server.fault({ kind: 'token', token: 'id_token', defect: { kind: 'foreign_key' } });
    await assert.rejects(client.finish(response.url, checks), because(/signature verification failed/));
  });

  forEachLibrary('refuses the userinfo of another user', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    const { checks, response } = await scripted(server, client);
    const tokens = await client.finish(response.url, checks);
    await assert.rejects(client.userinfo(tokens, 'bob'), because(/"sub"/));
  });

  forEachLibrary('is refused a stolen code, for it has another verifier', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    const { checks, response } = await scripted(server, client);
    const thief = await client.start();
    const stolen = { ...checks, pkceCodeVerifier: thief.checks.pkceCodeVerifier };
    await assert.rejects(client.finish(response.url, stolen), oauthError('invalid_grant'));
    await assert.rejects(client.finish(response.url, checks), oauthError('invalid_grant'), 'the code is spent');
  });

  forEachLibrary('is refused a replayed code, and loses the first login', async (t, connect) => {
    const server = await sandbox(t);
    const client = await connect(server);
    const { checks, response } = await scripted(server, client);
    const tokens = await client.finish(response.url, checks);
    await assert.rejects(client.finish(response.url, checks), oauthError('invalid_grant'));
    await assert.rejects(client.refresh(tokens.refresh_token), oauthError('invalid_grant'));
  });
});
