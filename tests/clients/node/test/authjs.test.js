// Auth.js, the core of NextAuth 5: its handler takes a Request and returns a Response, and needs no server.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Auth } from '@auth/core';

import { sandbox } from '../control.js';
import { CLIENT, LOGINS, PROFILES } from '../logins.js';
import { Robot } from '../robot.js';

const PAGES = `${CLIENT}api/auth`;
const CALLBACK = `${PAGES}/callback/oauth-mimic`;

/** An app at CLIENT, and a robot that uses it; `errors` is what Auth.js logs. */
function app(server) {
  const errors = [];
  const config = {
    basePath: '/api/auth',
    secret: 'of a test',
    trustHost: true,
    providers: [{
      id: 'oauth-mimic',
      name: 'oauth-mimic',
      type: 'oidc',
      issuer: server.issuer,
      clientId: 'web',
      clientSecret: 'web-secret',
      checks: ['pkce', 'state', 'nonce'],
      idToken: false, // The profile is that of userinfo.
    }],
    callbacks: {
      jwt: ({ token, account }) => (account ? { ...token, account } : token),
      session: ({ session, token }) => ({ ...session, account: token.account }),
    },
    logger: { error: (why) => errors.push(`${why.type} ${why.cause?.err?.message ?? why.message}`), warn() {}, debug() {} },
  };
  const robot = new Robot({
    fetch: async (url, init) => {
      if (url === CLIENT) return new Response('home');
      return url.startsWith(CLIENT) ? Auth(new Request(url, init), config) : fetch(url, init);
    },
  });
  return {
    errors,
    robot,
    /** Presses the button of Auth.js; `stopAt`: before the URL that begins so. */
    signIn: async (stopAt) => robot.press(await robot.open(`${PAGES}/signin`), 'Sign in with oauth-mimic', {}, { stopAt }),
    session: async () => JSON.parse((await robot.open(`${PAGES}/session`)).text),
  };
}

/** A server, an app, and a script by which Alice logs in. */
async function scene(t, order) {
  const server = await sandbox(t, order);
  await server.control('POST', 'logins', { user: 'alice' });
  return { server, ...app(server) };
}

describe('Auth.js', { concurrency: true }, () => {
  for (const [profile, order] of Object.entries(PROFILES)) {
    it(`logs in, calls userinfo and logs out, profile ${profile}`, async (t) => {
      const { server, robot, signIn, session, errors } = await scene(t, order);
      const home = await signIn();
      assert.equal(home.text, 'home', errors);
      const { user, account } = await session();
      assert.deepEqual([account.providerAccountId, user.email], ['alice', 'alice@example.com']);
      await server.verify({ filter: { endpoint: 'userinfo', status: 200 }, exactly: 1 });

      // It has neither a refresh nor a logout at the provider: its guides leave both to the app.
      const client = await LOGINS['openid-client'](server);
      const fresh = await client.refresh(account.refresh_token);
      await robot.press(await robot.open(`${PAGES}/signout`), 'Sign out');
      await robot.open(client.logoutUrl(fresh, 'bye'), { stopAt: CLIENT });
      assert.equal(await session(), null);
      await assert.rejects(client.refresh(fresh.refresh_token), { error: 'invalid_grant' });
      assert.match((await signIn()).text, /<h1>Log in<\/h1>/);
    });
  }

  it('logs in with the button of a user', async (t) => {
    const { robot, signIn, session } = app(await sandbox(t));
    await robot.press(await signIn(), 'Camille Martin');
    assert.equal((await session()).user.email, 'camille.martin@example.com');
  });

  it('reports that the user denied', async (t) => {
    const { robot, signIn, session, errors } = app(await sandbox(t));
    const page = await robot.press(await signIn(), 'Deny');
    assert.equal(new URL(page.url).searchParams.get('error'), 'OAuthCallbackError');
    assert.equal(errors.length, 1);
    assert.equal(await session(), null);
  });

  it('refuses a response that it has already taken', async (t) => {
    const { server, robot, signIn, errors } = await scene(t);
    const response = await signIn(CALLBACK);
    assert.equal((await robot.open(response.url)).text, 'home');
    await robot.open(response.url);
    assert.match(errors.join(), /^InvalidCheck /);
    await server.verify({ filter: { endpoint: 'token' }, exactly: 1 });
  });

  it('is refused a replayed code, and loses the first login', async (t) => {
    const { server, robot, signIn, session, errors } = await scene(t);
    const first = new URL((await signIn(CALLBACK)).url);
    await robot.open(first.href);
    await server.control('POST', 'logins', { user: 'alice' });
    const second = new URL((await signIn(CALLBACK)).url);
    second.searchParams.set('code', first.searchParams.get('code'));
    await robot.open(second.href);
    assert.equal(errors.length, 1);
    await server.verify({ filter: { endpoint: 'token', error: 'invalid_grant' }, exactly: 1 });
    const client = await LOGINS['openid-client'](server);
    await assert.rejects(client.refresh((await session()).account.refresh_token), { error: 'invalid_grant' });
  });

  const ACCEPTED = Symbol('accepted');
  const redirect = (kind) => [`a response with ${kind}`, 'authorization', { kind: 'redirect', redirect: kind }];
  const idToken = (defect) => [`an ID token with ${JSON.stringify(defect)}`, 'token', { kind: 'token', token: 'id_token', defect }];
  const RESPONSES = [
    [redirect('wrong_state'), /InvalidCheck|"state"/],
    [redirect('wrong_iss'), /"iss"/],
    [redirect('missing_iss'), /"iss"/],
    [redirect('duplicated_code'), ACCEPTED],
    [redirect('injected_code'), /server responded with an error/],
    [idToken({ kind: 'wrong_nonce' }), /"nonce"/],
    [idToken({ kind: 'wrong_azp' }), ACCEPTED],
    [idToken({ kind: 'wrong_issuer' }), /"iss"/],
    [idToken({ kind: 'set_claims', claims: { sub: 'bob' } }), /"sub"/],
    [idToken({ kind: 'alg_none' }), /"alg"/],
    [idToken({ kind: 'foreign_key' }), ACCEPTED],
  ];
  for (const [[name, on, fault], outcome] of RESPONSES) {
    it(`${outcome === ACCEPTED ? 'accepts' : 'refuses'} ${name}`, async (t) => {
      const { server, signIn, session, errors } = await scene(t);
      await server.fault(fault, { on });
      await signIn();
      if (outcome === ACCEPTED) {
        assert.equal((await session()).account.providerAccountId, 'alice', errors);
      } else {
        assert.match(errors.join(), outcome);
        assert.equal(await session(), null);
      }
    });
  }
});
