// Passport in an app of Express: with the strategy of openid-client, and with passport-openidconnect.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

import express from 'express';
import session from 'express-session';
import * as openid from 'openid-client';
import { Strategy as OpenidClientStrategy } from 'openid-client/passport';
import { Passport } from 'passport';
import { AuthTokenRefresh } from 'passport-oauth2-refresh';
import OpenidConnectStrategy from 'passport-openidconnect';

import { sandbox } from '../control.js';
import { CLIENT, PROFILES } from '../logins.js';
import { Robot } from '../robot.js';

const discover = (server) =>
  openid.discovery(new URL(server.issuer), 'web', undefined, openid.ClientSecretBasic('web-secret'), {
    execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks],
  });

/** Each makes a strategy, and what refreshes the tokens that it got. */
const STRATEGIES = {
  async 'openid-client/passport'(server, callbackURL) {
    const config = await discover(server);
    const strategy = new OpenidClientStrategy(
      { config, callbackURL, name: 'provider', scope: 'openid email' },
      async (tokens, verified) => {
        const { sub } = tokens.claims();
        const { email } = await openid.fetchUserInfo(config, tokens.access_token, sub);
        verified(null, { sub, email, ...tokens });
      },
    );
    return { strategy, refresh: (token) => openid.refreshTokenGrant(config, token) };
  },

  async 'passport-openidconnect'(server, callbackURL) {
    // It discovers nothing.
    const metadata = (await discover(server)).serverMetadata();
    const strategy = new OpenidConnectStrategy(
      {
        issuer: metadata.issuer,
        authorizationURL: metadata.authorization_endpoint,
        tokenURL: metadata.token_endpoint,
        userInfoURL: metadata.userinfo_endpoint,
        clientID: 'web',
        clientSecret: 'web-secret',
        callbackURL,
        scope: 'email',
        nonce: true,
      },
      (issuer, userinfo, { id }, context, id_token, access_token, refresh_token, response, verified) =>
        verified(null, { sub: id, email: userinfo.emails[0].value, id_token, access_token, refresh_token }),
    );
    strategy.name = 'provider';
    const tokens = new AuthTokenRefresh();
    tokens.use(strategy);
    const refresh = promisify((token, done) =>
      tokens.requestNewAccessToken('provider', token, (why, access_token, refresh_token) =>
        done(why, { access_token, refresh_token })));
    return { strategy, refresh };
  },
};

/** An app that logs its users in; it ends with the test. */
async function serve(t, server, makeStrategy) {
  const app = express();
  const listener = app.listen(0, '127.0.0.1');
  t.after(() => listener.close());
  await once(listener, 'listening');
  const origin = `http://127.0.0.1:${listener.address().port}`;

  const { strategy, refresh } = await makeStrategy(server, `${origin}/callback`);
  const passport = new Passport();
  passport.use(strategy);
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));
  app.use(session({ secret: 'of a test', resave: false, saveUninitialized: false }));
  app.use(passport.session());

  app.get('/login', passport.authenticate('provider'));
  app.get('/callback', passport.authenticate('provider', { successRedirect: '/' }));
  app.get('/', (request, response) => response.json(request.user ?? null));
  app.get('/logout', async (request, response) => {
    const url = openid.buildEndSessionUrl(await discover(server), {
      id_token_hint: request.user.id_token,
      post_logout_redirect_uri: CLIENT,
    });
    request.logout(() => response.redirect(url.href));
  });
  app.use((why, request, response, next) => {
    response.status(500).json({ code: why.error ?? why.code, message: why.message, cause: why.cause?.message });
  });
  return { origin, refresh, robot: new Robot({ stopAt: CLIENT }) };
}

/** A server, an app, and a script by which Alice logs in. */
async function scene(t, makeStrategy, order) {
  const server = await sandbox(t, order);
  await server.control('POST', 'logins', { user: 'alice' });
  return { server, ...(await serve(t, server, makeStrategy)) };
}

function forEachStrategy(name, body) {
  for (const [strategy, make] of Object.entries(STRATEGIES)) it(`${strategy} ${name}`, (t) => body(t, make));
}

const ACCEPTED = Symbol('accepted');
const FORBIDDEN = /"status":403/;

/** A fault, with a name for it and the endpoint where it happens. */
const redirect = (kind) => [`a response with ${kind}`, 'authorization', { kind: 'redirect', redirect: kind }];
const idToken = (kind) => [`an ID token with ${kind}`, 'token', { kind: 'token', token: 'id_token', defect: { kind } }];

describe('Passport', { concurrency: true }, () => {
  for (const [profile, order] of Object.entries(PROFILES)) {
    forEachStrategy(`logs in, refreshes and logs out, profile ${profile}`, async (t, make) => {
      const { server, origin, robot, refresh } = await scene(t, make, order);
      const home = await robot.open(`${origin}/login`);
      assert.equal(home.url, `${origin}/`, home.text);
      const user = JSON.parse(home.text);
      assert.deepEqual([user.sub, user.email], ['alice', 'alice@example.com']);
      await server.verify({ filter: { endpoint: 'userinfo', status: 200 }, exactly: 1 });
      const fresh = await refresh(user.refresh_token);

      assert.equal((await robot.open(`${origin}/logout`)).url, CLIENT);
      await assert.rejects(refresh(fresh.refresh_token), (why) => /invalid_grant/.test(why.error ?? why.data));
      assert.equal((await robot.open(`${origin}/`)).text, 'null');
      assert.match((await robot.open(`${origin}/login`)).text, /<h1>Log in<\/h1>/);
    });
  }

  forEachStrategy('logs in with the button of a user', async (t, make) => {
    const server = await sandbox(t);
    const { origin, robot } = await serve(t, server, make);
    const home = await robot.press(await robot.open(`${origin}/login`), 'Camille Martin');
    assert.equal(JSON.parse(home.text).email, 'camille.martin@example.com');
  });

  forEachStrategy('reports that the user denied', async (t, make) => {
    const server = await sandbox(t);
    const { origin, robot } = await serve(t, server, make);
    const answer = await robot.press(await robot.open(`${origin}/login`), 'Deny');
    assert.deepEqual([new URL(answer.url).origin, answer.status], [origin, 401]);
    assert.equal((await robot.open(`${origin}/`)).text, 'null');
  });

  forEachStrategy('refuses a response that it has already taken', async (t, make) => {
    const { origin, robot } = await scene(t, make);
    const response = await robot.open(`${origin}/login`, { stopAt: `${origin}/callback` });
    assert.equal((await robot.open(response.url)).url, `${origin}/`);
    assert.ok((await robot.open(response.url)).status >= 400);
  });

  // With PKCE, the strategy of openid-client sends no `state`; the verifier in the session takes its place (RFC 9700 §4.7.1).
  forEachStrategy('refuses a response that another browser began', async (t, make) => {
    const { server, origin, robot } = await scene(t, make);
    const response = await robot.open(`${origin}/login`, { stopAt: `${origin}/callback` });
    const victim = new Robot();
    await victim.open(`${origin}/login`);
    const answer = await victim.open(response.url);
    assert.ok(answer.status >= 400, answer.text);
    assert.equal((await victim.open(`${origin}/`)).text, 'null');
    await server.verify({ filter: { endpoint: 'token', status: 200 }, exactly: 0 });
  });

  // Each cell: whether a user is logged in, or what the app answers.
  const RESPONSES = [
    [redirect('wrong_state'), /"state"/, FORBIDDEN],
    [redirect('wrong_iss'), /"iss"/, ACCEPTED],
    [redirect('duplicated_code'), /"code" parameter must be provided only once/, /invalid_request/],
    [redirect('injected_code'), /invalid_grant/, FORBIDDEN],
    [redirect('expired_code'), /invalid_grant/, /invalid_grant/],
    [idToken('wrong_nonce'), /"nonce"/, FORBIDDEN],
    [idToken('wrong_azp'), ACCEPTED, FORBIDDEN],
    [idToken('wrong_issuer'), /"iss"/, FORBIDDEN],
    [idToken('wrong_audience'), /"aud"/, FORBIDDEN],
    [idToken('expired'), /"exp"/, FORBIDDEN],
    [idToken('foreign_key'), /signature verification failed/, ACCEPTED],
    [idToken('alg_none'), /"alg"/, ACCEPTED],
  ];
  for (const [[name, on, fault], ...outcomes] of RESPONSES) {
    Object.entries(STRATEGIES).forEach(([strategy, make], column) => {
      const outcome = outcomes[column];
      it(`${strategy} ${outcome === ACCEPTED ? 'accepts' : 'refuses'} ${name}`, async (t) => {
        const { server, origin, robot } = await scene(t, make);
        await server.fault(fault, { on });
        const answer = await robot.open(`${origin}/login`);
        const home = await robot.open(`${origin}/`);
        if (outcome === ACCEPTED) {
          assert.equal(JSON.parse(home.text).sub, 'alice');
        } else {
          assert.match(JSON.stringify(answer).replaceAll('\\', ''), outcome);
          assert.equal(home.text, 'null');
        }
      });
    });
  }
});
