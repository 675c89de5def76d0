// oidc-client-ts in a browser, at an origin of its own: it needs CORS at each endpoint that it calls.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, sandbox } from './browser.js';
import { Manager, serveApp } from './spa.js';

let browser;
let app;
let page;
before(async () => {
  browser = await launch();
  app = await serveApp();
  page = await browser.newPage();
});
after(async () => {
  app?.close();
  await browser.close();
});

/** A provider of its own, and the page of the app. The library keeps its users apart by their providers. */
async function inApp({ profile = 'standard', ...options }, run) {
  const provider = await sandbox({
    profile,
    clients: [{
      client_id: 'spa',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [app.callback, `${app.origin}/silent`],
      post_logout_redirect_uris: [app.goodbye],
      scope: 'openid email profile',
      ...options,
    }],
    users: [
      { sub: 'alice', claims: { email: 'alice@example.com' } },
      { sub: 'bob', claims: { name: 'Bob Example', email: 'bob@example.com' } },
    ],
  });
  await page.goto(app.origin);
  await run({ provider, manager: new Manager(page, provider, app) });
}

/** Alice logs in by a script. The browser is at the callback then, and the library has not read it. */
async function scripted({ provider, manager }, parameters) {
  await provider.call('POST', '/logins', { user: 'alice' });
  await manager.leave('signinRedirect', app.callback, parameters);
}

describe('oidc-client-ts', () => {
  for (const profile of ['connect', 'standard']) {
    test(`signs in, loads userinfo, renews and signs out, profile ${profile}`, () => inApp({ profile }, async ({ provider, manager }) => {
      await manager.leave('signinRedirect', provider.endpoints.authorization, { nonce: 'of this login', state: 'the cart' });
      await page.getByRole('button', { name: 'Bob Example' }).click();
      await page.waitForURL(`${app.callback}?**`);
      const user = await manager.call('signinRedirectCallback');
      assert.equal(user.error, undefined);
      assert.deepEqual([user.profile.sub, user.profile.email, user.state], ['bob', 'bob@example.com', 'the cart']);

      const renewed = await manager.call('signinSilent');
      assert.notEqual(renewed.access_token, user.access_token);
      assert.equal(renewed.profile.sub, 'bob');
      await provider.call('POST', '/verify', { filter: { grant_type: 'refresh_token', status: 200 }, exactly: 1 });

      await manager.leave('signoutRedirect', app.goodbye);
      assert.ok(!(await manager.call('signoutRedirectCallback')).error);
      assert.equal(await manager.call('getUser'), null);
      // The app kept the tokens: the refresh is refused, and the session is gone.
      await page.evaluate(([settings, user]) => new oidc.UserManager(settings).storeUser(new oidc.User(user)), [manager.settings, renewed]);
      assert.deepEqual(await manager.call('signinSilent'), { error: 'invalid_grant' });
      await manager.leave('signinRedirect', provider.endpoints.authorization);
      assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Log in');
    }));
  }

  test('renews in a frame where there is no refresh token', () => inApp({ grant_types: ['authorization_code'] }, async (scene) => {
    await scripted(scene);
    const user = await scene.manager.call('signinRedirectCallback');
    assert.equal(user.refresh_token, undefined);
    const renewed = await scene.manager.call('signinSilent');
    assert.equal(renewed.error, undefined);
    assert.notEqual(renewed.access_token, user.access_token);
    await scene.provider.call('DELETE', '/sessions?sub=alice');
    assert.deepEqual(await scene.manager.call('signinSilent'), { error: 'login_required' });
  }));

  test('revokes its tokens', () => inApp({}, async (scene) => {
    await scripted(scene);
    await scene.manager.call('signinRedirectCallback');
    assert.equal(await scene.manager.call('revokeTokens', ['refresh_token']), undefined);
    await scene.provider.call('POST', '/verify', { filter: { endpoint: 'revocation', status: 200 }, exactly: 1 });
    assert.equal((await scene.manager.call('getUser')).refresh_token, null);
  }));

  test('reports that the user denied', () => inApp({}, async ({ provider, manager }) => {
    await manager.leave('signinRedirect', provider.endpoints.authorization);
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.waitForURL(`${app.callback}?**`);
    assert.deepEqual(await manager.call('signinRedirectCallback'), { error: 'access_denied' });
    assert.equal(await manager.call('getUser'), null);
  }));

  const ACCEPTED = Symbol('accepted');
  const redirect = (kind) => [`a response with ${kind}`, 'authorization', { kind: 'redirect', redirect: kind }];
  const idToken = (defect) => [`an ID token with ${JSON.stringify(defect)}`, 'token', { kind: 'token', token: 'id_token', defect }];
  const RESPONSES = [
    [redirect('wrong_state'), /No matching state found/],
    [redirect('missing_state'), /No state in response/],
    [redirect('wrong_iss'), ACCEPTED],
    [redirect('duplicated_code'), ACCEPTED],
    [redirect('injected_code'), /invalid_grant/],
    [redirect('expired_code'), /invalid_grant/],
    [idToken({ kind: 'wrong_nonce' }), /nonce/],
    [idToken({ kind: 'set_claims', claims: { sub: 'bob' } }), /subject/],
    [idToken({ kind: 'wrong_issuer' }), ACCEPTED],
    [idToken({ kind: 'wrong_audience' }), ACCEPTED],
    [idToken({ kind: 'expired' }), ACCEPTED],
    [idToken({ kind: 'foreign_key' }), ACCEPTED],
    [idToken({ kind: 'alg_none' }), ACCEPTED],
  ];
  for (const [[name, on, fault], outcome] of RESPONSES) {
    test(`${outcome === ACCEPTED ? 'accepts' : 'refuses'} ${name}`, () => inApp({}, async (scene) => {
      await scene.provider.call('POST', '/faults', { on, times: 1, fault });
      await scripted(scene, { nonce: 'of this login' });
      const user = await scene.manager.call('signinRedirectCallback');
      if (outcome === ACCEPTED) assert.equal(user.profile?.sub, 'alice', user.error);
      else assert.match(user.error, outcome);
    }));
  }
});
