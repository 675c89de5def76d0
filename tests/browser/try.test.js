// The built-in client, as a developer with a browser uses it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { client, launch, sandbox, violations } from './browser.js';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

const HOSTILE = '"><script>document.title="owned"</script>';

const FIXTURES = {
  profile: 'standard',
  clients: [
    { client_id: 'web', client_secret: 's3cret', redirect_uris: ['http://localhost/callback'], scope: 'openid email profile' },
    { client_id: 'spa', grant_types: ['authorization_code'], scope: 'openid' },
    { client_id: HOSTILE, client_secret: HOSTILE, redirect_uris: ['http://localhost/callback'], scope: 'openid' },
  ],
  users: [{ sub: 'bob', claims: { name: 'Bob Example', email: 'bob@example.com' } }],
};

/** A provider, and a browser without cookies at its built-in client. */
async function atTheDesk(context, run) {
  const provider = await sandbox(FIXTURES);
  const visitor = await browser.newContext(context);
  const page = await visitor.newPage();
  const broken = [];
  page.on('console', (message) => { if (message.type() === 'error') broken.push(message.text()); });
  page.on('pageerror', (why) => broken.push(String(why)));
  try {
    await page.goto(`${provider.endpoints.control}/try`);
    await run({ provider, page, broken });
    assert.deepEqual(broken, [], 'the browser reports no error');
  } finally {
    await visitor.close();
  }
}

const title = (page) => page.getByRole('heading', { level: 1 }).textContent();

async function logIn(page) {
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Bob Example' }).click();
}

describe('the built-in client', () => {
  test('a login by clicks, then each button, then the logout', () => atTheDesk({ javaScriptEnabled: false }, async ({ page, provider }) => {
    await logIn(page);
    assert.equal(await title(page), 'The user is logged in');
    assert.equal(await page.getByText('the signature is good').count(), 3);
    assert.equal(await page.getByText('the nonce is that of the request').count(), 1);
    assert.equal(await page.getByText('Wrong:').count(), 0);
    const access = () => page.locator('input[name=access_token]').inputValue();
    const before = await access();
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    assert.equal(await title(page), 'Refresh');
    assert.notEqual(await access(), before);
    await page.getByRole('button', { name: 'Userinfo' }).click();
    assert.equal(await page.getByText('bob@example.com').count(), 1);
    await page.getByRole('button', { name: 'Introspect the access token' }).click();
    assert.equal(await page.getByText('"active": true').count(), 1);
    await page.getByRole('button', { name: 'Revoke the refresh token' }).click();
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    assert.equal(await page.getByText('grant_revoked').count(), 1);
    await page.getByRole('button', { name: 'Log out' }).click();
    assert.match(await page.getByRole('status').textContent(), /logged out/);
    assert.equal(page.url(), `${provider.endpoints.control}/try/logged-out`);
    assert.deepEqual((await provider.call('GET', '/sessions')).sessions, []);
  }));

  test('client, scope, PKCE and prompt are chosen', () => atTheDesk({}, async ({ page }) => {
    await page.getByLabel('Client').selectOption('spa');
    await page.getByRole('button', { name: 'Choose this client' }).click();
    assert.equal(await page.getByLabel('email').count(), 0, 'the scope is that of the client');
    await page.getByLabel('PKCE').selectOption('');
    await page.getByRole('button', { name: 'Log in' }).click();
    assert.equal(await title(page), 'The login was refused');
    assert.equal(await page.getByText('pkce_missing').count(), 1);
    assert.deepEqual(await violations(page), []);
    await page.getByRole('link', { name: 'Begin another login' }).click();
    assert.equal(await page.getByLabel('Client').inputValue(), 'spa');
    await page.getByLabel('Prompt').selectOption('none');
    await page.getByRole('button', { name: 'Log in' }).click();
    assert.equal(await page.getByText('login_required', { exact: true }).first().isVisible(), true);
    await page.getByRole('link', { name: 'Begin another login' }).click();
    await page.getByLabel('Other scope tokens').fill('admin');
    await page.getByRole('button', { name: 'Log in' }).click();
    assert.equal(await page.getByText('invalid_scope').count(), 1);
  }));

  test('a reload of the callback does not send the code again', () => atTheDesk({}, async ({ page, provider, broken }) => {
    await logIn(page);
    await page.reload();
    assert.match(await page.getByRole('alert').textContent(), /has sent no authorization request/);
    // Chromium logs a status of 400 as an error.
    broken.length = 0;
    const { requests } = await provider.call('GET', '/requests?endpoint=token');
    assert.equal(requests.length, 1);
  }));

  test('a page of another site cannot post its forms', () => atTheDesk({}, async ({ page, provider, broken }) => {
    const app = await client();
    try {
      for (const path of ['/try', '/try/act']) {
        const target = `${provider.endpoints.control}${path}`;
        await page.goto(app.origin);
        await page.evaluate((url) => {
          document.body.innerHTML = `<form method="post" action="${url}"><input name="client_id" value="web"><button>go</button></form>`;
        }, target);
        const response = page.waitForResponse(target);
        await page.getByRole('button', { name: 'go' }).click();
        assert.equal((await response).status(), 403);
        await page.getByRole('heading', { name: 'Forbidden' }).waitFor();
        assert.deepEqual(await violations(page), []);
      }
      broken.length = 0;
      assert.deepEqual((await provider.call('GET', '/requests')).requests, []);
    } finally {
      app.close();
    }
  }));

  test('names are text and never markup', () => atTheDesk({}, async ({ page }) => {
    await page.getByLabel('Client').selectOption(HOSTILE);
    await page.getByRole('button', { name: 'Choose this client' }).click();
    await logIn(page);
    assert.equal(await title(page), 'The user is logged in');
    assert.notEqual(await page.title(), 'owned');
    assert.equal(await page.locator('script').count(), 0);
  }));

  for (const colorScheme of ['light', 'dark']) {
    test(`has nothing that axe finds, and fits 360 pixels, ${colorScheme}`, () => atTheDesk(
      { colorScheme, viewport: { width: 360, height: 640 } },
      async ({ page }) => {
        const isGood = async () => {
          assert.deepEqual(await violations(page), []);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
          assert.ok(!wide, `${await page.title()}: nothing is cut off`);
        };
        await isGood();
        await logIn(page);
        await isGood();
        await page.getByText('Access token, as it was received').click();
        await isGood();
        await page.getByRole('button', { name: 'Refresh', exact: true }).click();
        await isGood();
        await page.getByRole('button', { name: 'Log out' }).click();
        await isGood();
      },
    ));
  }

  test('can be used with the keyboard alone', () => atTheDesk({}, async ({ page }) => {
    const pressUntil = async (name) => {
      for (let presses = 0; presses < 40; presses += 1) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate(() => document.activeElement.textContent);
        if (focused.includes(name)) return page.keyboard.press('Enter');
      }
      throw new Error(`no ${name}`);
    };
    await pressUntil('Log in');
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await pressUntil('Bob Example');
    await page.getByRole('heading', { name: 'The user is logged in' }).waitFor();
    await pressUntil('Userinfo');
    await page.getByText('bob@example.com').first().waitFor();
  }));
});
