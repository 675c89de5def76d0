// The pages of the front channel, as a person with a browser meets them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { authorizationUrl, claims, client, launch, sandbox, token, violations } from './browser.js';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

/** A provider, a client, and a browser without cookies. */
async function scene(options = {}, context = {}) {
  const app = await client();
  const provider = await sandbox({
    profile: 'standard',
    clients: [{
      client_id: 'web',
      client_secret: 's3cret',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/callback'],
      post_logout_redirect_uris: [`${app.origin}/goodbye`],
      scope: 'openid email profile',
      ...options,
    }],
    users: [
      { sub: 'alice', username: 'alice', password: 'open sesame', claims: { name: 'Alice Example', email: 'alice@example.com' } },
      { sub: 'bob', claims: { name: 'Bob Example' } },
    ],
  });
  const visitor = await browser.newContext(context);
  const page = await visitor.newPage();
  const broken = [];
  page.on('console', (message) => { if (message.type() === 'error') broken.push(message.text()); });
  page.on('pageerror', (why) => broken.push(String(why)));
  return {
    app, provider, visitor, page, broken,
    async [Symbol.asyncDispose]() { await visitor.close(); app.close(); },
  };
}

async function inScene(options, context, run) {
  const made = await scene(options, context);
  try {
    await run(made);
    assert.deepEqual(made.broken, [], 'the browser reports no error');
  } finally {
    await made[Symbol.asyncDispose]();
  }
}

const exchange = ({ provider, app }, code) =>
  token(provider, { grant_type: 'authorization_code', code, redirect_uri: app.callback });

describe('login', () => {
  test('one click on a user returns a code and the state to the client', () => inScene({}, {}, async (scene) => {
    const { page, provider, app } = scene;
    await page.goto(authorizationUrl(provider, app));
    await page.getByRole('button', { name: 'Bob Example' }).click();
    const { params } = await app.next();
    assert.equal(params.get('state'), 's t+a/te');
    assert.equal(params.get('iss'), provider.issuer);
    const tokens = await exchange(scene, params.get('code'));
    assert.equal(tokens.status, 200);
    assert.equal(claims(tokens.id_token).sub, 'bob');
    assert.equal((await token(provider, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).status, 200);
  }));

  test('a wrong password is reported on the page, and the right one logs in', () => inScene({}, {}, async (scene) => {
    const { page, provider, app, broken } = scene;
    await page.goto(authorizationUrl(provider, app));
    await page.getByLabel('User name').fill('alice');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByRole('alert').waitFor();
    assert.match(await page.getByRole('alert').textContent(), /password is wrong/);
    assert.deepEqual(await violations(page), []);
    // Chromium logs a status of 400 as an error.
    broken.length = 0;
    await page.getByLabel('User name').fill('alice');
    await page.getByLabel('Password').fill('open sesame');
    await page.getByLabel('Password').press('Enter');
    const { params } = await app.next();
    assert.equal(claims((await exchange(scene, params.get('code'))).id_token).sub, 'alice');
  }));

  test('a user with a password has no button', () => inScene({}, {}, async ({ page, provider, app }) => {
    await page.goto(authorizationUrl(provider, app));
    assert.equal(await page.getByRole('button', { name: 'Alice Example' }).count(), 0);
  }));

  test('a new user logs in with claims', () => inScene({}, {}, async (scene) => {
    const { page, provider, app } = scene;
    await page.goto(authorizationUrl(provider, app));
    await page.getByText('Log in as a new user').first().click();
    await page.getByLabel('Identifier (sub)').fill('carol');
    await page.getByLabel('Claims, as a JSON object').fill('{"email": "carol@example.com"}');
    await page.getByRole('button', { name: 'Log in as a new user' }).click();
    const { params } = await app.next();
    assert.equal(claims((await exchange(scene, params.get('code'))).id_token).sub, 'carol');
    assert.equal((await provider.call('GET', '/users/carol')).claims.email, 'carol@example.com');
  }));

  test('Deny returns access_denied to the client', () => inScene({}, {}, async ({ page, provider, app }) => {
    await page.goto(authorizationUrl(provider, app));
    await page.getByRole('button', { name: 'Deny' }).click();
    const { params } = await app.next();
    assert.equal(params.get('error'), 'access_denied');
    assert.equal(params.get('state'), 's t+a/te');
  }));

  test('the second login needs no page, and prompt=login shows one', () => inScene({}, {}, async ({ page, provider, app }) => {
    await page.goto(authorizationUrl(provider, app));
    await page.getByRole('button', { name: 'Bob Example' }).click();
    await app.next();
    await page.goto(authorizationUrl(provider, app));
    assert.ok((await app.next()).params.get('code'));
    await page.goto(authorizationUrl(provider, app, { prompt: 'login' }));
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Log in');
    await page.getByRole('button', { name: 'Bob Example' }).click();
    assert.ok((await app.next()).params.get('code'));
  }));

  test('a double click and the back button do no harm', () => inScene({}, {}, async (scene) => {
    const { page, provider, app } = scene;
    await page.goto(authorizationUrl(provider, app));
    await page.getByRole('button', { name: 'Bob Example' }).dblclick();
    await page.waitForURL(`${app.origin}/**`);
    const first = await app.next();
    assert.equal((await exchange(scene, first.params.get('code'))).status, 200);
    app.received.length = 0;
    // The page is not stored, so the browser asks again, and the session answers.
    await page.goBack();
    const second = await app.next();
    assert.notEqual(second.params.get('code'), first.params.get('code'));
    assert.equal((await exchange(scene, second.params.get('code'))).status, 200);
  }));

  test('the page speaks French where ui_locales asks for it', () => inScene({}, {}, async ({ page, provider, app }) => {
    await page.goto(authorizationUrl(provider, app, { ui_locales: 'fr-CA en' }));
    assert.equal(await page.getAttribute('html', 'lang'), 'fr');
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Se connecter');
  }));

  test('everything works without JavaScript', () => inScene({}, { javaScriptEnabled: false }, async ({ page, provider, app }) => {
    await page.goto(authorizationUrl(provider, app, { response_mode: 'form_post' }));
    await page.getByRole('button', { name: 'Bob Example' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    const { method, params } = await app.next();
    assert.equal(method, 'POST');
    assert.ok(params.get('code'));
  }));
});

describe('consent', () => {
  test('a scope token that is not ticked is not granted, and the choice is remembered', () => inScene({ consent: true }, {}, async (scene) => {
    const { page, provider, app } = scene;
    await page.goto(authorizationUrl(provider, app, { scope: 'openid email profile' }));
    await page.getByRole('button', { name: 'Bob Example' }).click();
    assert.deepEqual(await violations(page), []);
    await page.getByLabel('email').uncheck();
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    const { params } = await app.next();
    assert.equal((await exchange(scene, params.get('code'))).scope, 'openid profile');
    await page.goto(authorizationUrl(provider, app, { scope: 'openid profile' }));
    assert.ok((await app.next()).params.get('code'), 'no second question');
    await page.goto(authorizationUrl(provider, app, { scope: 'openid email' }));
    await page.getByRole('button', { name: 'Deny' }).click();
    assert.equal((await app.next()).params.get('error'), 'access_denied');
  }));

  test('prompt=login and consent together ask once for each', () => inScene({}, {}, async ({ page, provider, app }) => {
    await page.goto(authorizationUrl(provider, app, { prompt: 'login consent' }));
    await page.getByRole('button', { name: 'Bob Example' }).click();
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    assert.ok((await app.next()).params.get('code'));
  }));
});

describe('responses', () => {
  test('form_post posts the response', () => inScene({}, {}, async (scene) => {
    const { page, provider, app } = scene;
    await page.goto(authorizationUrl(provider, app, { response_mode: 'form_post' }));
    await page.getByRole('button', { name: 'Bob Example' }).click();
    const { method, params } = await app.next();
    assert.equal(method, 'POST');
    assert.equal(params.get('state'), 's t+a/te');
    assert.equal((await exchange(scene, params.get('code'))).status, 200);
  }));

  test('an unregistered redirect URI shows the reason and goes nowhere', () => inScene({}, {}, async (scene) => {
    const { page, provider, broken } = scene;
    const hostile = 'https://evil.example/"><script>document.title="owned"</script>';
    await page.goto(authorizationUrl(provider, { callback: hostile }));
    broken.length = 0;
    assert.ok(page.url().startsWith(provider.endpoints.authorization));
    assert.notEqual(await page.title(), 'owned');
    assert.equal(await page.getByText('redirect_uri_malformed').count(), 1);
    assert.deepEqual(await violations(page), []);
  }));
});

describe('logout', () => {
  test('the client sends the user to the logout, and the next login shows the page', () => inScene({}, {}, async (scene) => {
    const { page, provider, app } = scene;
    await page.goto(authorizationUrl(provider, app));
    await page.getByRole('button', { name: 'Bob Example' }).click();
    const tokens = await exchange(scene, (await app.next()).params.get('code'));
    const url = new URL(provider.endpoints.end_session);
    url.searchParams.set('id_token_hint', tokens.id_token);
    url.searchParams.set('post_logout_redirect_uri', `${app.origin}/goodbye`);
    url.searchParams.set('state', 'bye');
    await page.goto(url.href);
    const { path, params } = await app.next();
    assert.deepEqual([path, params.get('state')], ['/goodbye', 'bye']);
    assert.equal((await token(provider, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).status, 400);
    await page.goto(authorizationUrl(provider, app));
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Log in');
  }));

  test('a logout that no client asks for is confirmed by the user', () => inScene({}, {}, async ({ page, provider, app }) => {
    await page.goto(authorizationUrl(provider, app));
    await page.getByRole('button', { name: 'Bob Example' }).click();
    await app.next();
    await page.goto(provider.endpoints.end_session);
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: 'Log out' }).click();
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'You are logged out');
    assert.deepEqual(await violations(page), []);
    assert.deepEqual((await provider.call('GET', '/sessions')).sessions, []);
  }));
});

describe('one browser', () => {
  test('two sandboxes in two tabs have sessions of their own', async () => {
    const [one, two] = [await scene(), await scene()];
    try {
      const tab = await one.visitor.newPage();
      await one.page.goto(authorizationUrl(one.provider, one.app));
      await tab.goto(authorizationUrl(two.provider, two.app));
      await one.page.getByRole('button', { name: 'Bob Example' }).click();
      await tab.getByLabel('User name').fill('alice');
      await tab.getByLabel('Password').fill('open sesame');
      await tab.getByLabel('Password').press('Enter');
      const subs = await Promise.all([one, two].map(async (scene) =>
        claims((await exchange(scene, (await scene.app.next()).params.get('code'))).id_token).sub));
      assert.deepEqual(subs, ['bob', 'alice']);
    } finally {
      await one[Symbol.asyncDispose]();
      await two[Symbol.asyncDispose]();
    }
  });
});

describe('the login page', () => {
  for (const colorScheme of ['light', 'dark']) {
    test(`is accessible in the ${colorScheme} scheme and fits a phone`, () => inScene({}, { colorScheme, viewport: { width: 360, height: 640 } }, async ({ page, provider, app }) => {
      await page.goto(authorizationUrl(provider, app, { scope: 'openid email profile' }));
      assert.deepEqual(await violations(page), []);
      await page.getByText('Log in as a new user').first().click();
      assert.deepEqual(await violations(page), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.ok(!wide, 'nothing is cut off at 360 pixels');
    }));
  }

  test('can be used with the keyboard alone', () => inScene({}, {}, async ({ page, provider, app }) => {
    await page.goto(authorizationUrl(provider, app));
    await page.keyboard.press('Tab');
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Bob Example/);
    await page.keyboard.press('Enter');
    assert.ok((await app.next()).params.get('code'));
  }));

  test('cannot be shown in a frame of another site', () => inScene({}, {}, async ({ page, provider, app, broken }) => {
    await page.goto(app.origin);
    const src = authorizationUrl(provider, app);
    await page.evaluate((url) => { document.body.innerHTML = `<iframe src="${url}"></iframe>`; }, src);
    await page.waitForTimeout(300);
    const frame = page.frames().find((held) => held !== page.mainFrame());
    assert.equal(await frame.locator('form').count(), 0);
    broken.length = 0;
  }));
});
