// A login, from the discovery to the logout, and responses that must not log anybody in.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import * as openid from 'openid-client';

import { sandbox } from '../control.js';
import { CLIENT, LOGINS, PROFILES } from '../logins.js';
import { Robot } from '../robot.js';

// The provider of `connect` documents that it appends `&state=` where there is no query, and there a client finds no state.
const GOODBYE = { connect: `${CLIENT}&state=s%20t%2Ba%2Fte`, standard: `${CLIENT}?state=s%20t%2Ba%2Fte` };

const ACCEPTED = Symbol('accepted');

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
    const spoiled = { kind: 'token', token: 'id_token', defect: { kind: 'wrong_c_hash' } };
    await server.fault(spoiled, { on: 'authorization' });
    const refused = await scripted(server, client);
    assert.match(refused.response.url, /#.*id_token=/);
    await assert.rejects(client.finish(refused.response.url, refused.checks), because(/"c_hash"/));
    const { checks, response } = await scripted(server, client);
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

  const REDIRECTS = {
    wrong_state: /"state"/,
    missing_state: /"state"/,
    wrong_iss: /"iss"/,
    missing_iss: /"iss"/,
    duplicated_code: /"code" parameter must be provided only once/,
  };
  for (const [redirect, reason] of Object.entries(REDIRECTS)) {
    forEachLibrary(`refuses a response with ${redirect}, and sends no code`, async (t, connect) => {
      const server = await sandbox(t);
      const client = await connect(server);
      await server.fault({ kind: 'redirect', redirect }, { on: 'authorization' });
      const { checks, response } = await scripted(server, client);
      await assert.rejects(client.finish(response.url, checks), because(reason));
      await server.verify({ filter: { endpoint: 'token' }, exactly: 0 });
    });
  }

  // The code of another login is refused for its verifier, and without PKCE for the nonce of its ID token.
  for (const redirect of ['foreign_code', 'used_code', 'expired_code', 'injected_code']) {
    forEachLibrary(`is refused a token for ${redirect}`, async (t, connect) => {
      const server = await sandbox(t);
      const client = await connect(server);
      await server.fault({ kind: 'redirect', redirect }, { on: 'authorization' });
      const { checks, response } = await scripted(server, client);
      await assert.rejects(client.finish(response.url, checks), oauthError('invalid_grant'));
    });
  }

  // A client may ignore `azp` where `aud` has one value, and `at_hash` in a token response (OpenID Connect Core §3.1.3.7, §3.1.3.8).
  const DEFECTS = {
    wrong_nonce: /"nonce"/,
    wrong_issuer: /"iss"/,
    foreign_key: /signature verification failed/,
    wrong_azp: ACCEPTED,
    wrong_at_hash: ACCEPTED,
  };
  for (const [kind, outcome] of Object.entries(DEFECTS)) {
    forEachLibrary(`${outcome === ACCEPTED ? 'accepts' : 'refuses'} an ID token with ${kind}`, async (t, connect) => {
      const server = await sandbox(t, PROFILES.standard);
      const client = await connect(server);
      await server.fault({ kind: 'token', token: 'id_token', defect: { kind } });
      const { checks, response } = await scripted(server, client);
      const finished = client.finish(response.url, checks);
      if (outcome === ACCEPTED) assert.equal((await finished).identity.sub, 'alice');
      else await assert.rejects(finished, because(outcome));
    });
  }

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
