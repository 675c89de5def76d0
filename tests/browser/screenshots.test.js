// The pictures of the console in the book: of a day that is always the same. Beside each picture is the text that it shows; this
// test compares it with what the console shows today. UPDATE=1 makes pictures and texts anew.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { authorizationUrl, launch, provider as providerAt, serve, token } from './browser.js';

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const CALLBACK = 'http://localhost:3000/callback';

let browser;
let server;
let grant;
before(async () => {
  browser = await launch();
  server = await serve('--port', '0', '--clock', '2026-03-28T09:00:00Z', '--seed', '28', '--base-url', 'http://127.0.0.1:8080');
  await day();
});
after(async () => {
  await browser.close();
  await server.stop();
});

/** What clients do on that day. */
async function day() {
  const provider = await providerAt(server.url);
  const later = (seconds) => provider.call('POST', '/clock/advance', { seconds });
  const web = (form) => token(provider, form, 'web', 'web-secret');
  await provider.call('PUT', '/clients/web', { ...(await provider.call('GET', '/clients/web')), refresh: 'rotate' });
  await provider.call('POST', '/logins', { user: 'alice' });
  const url = authorizationUrl(provider, { callback: CALLBACK }, { scope: 'openid email offline_access' });
  const answer = await fetch(url, { redirect: 'manual' });
  const code = new URL(answer.headers.get('location')).searchParams.get('code');
  await later(1);
  const first = await web({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK });
  await fetch(provider.endpoints.jwks);
  await later(870);
  const second = await web({ grant_type: 'refresh_token', refresh_token: first.refresh_token });
  await later(30);
  await fetch(provider.endpoints.userinfo, { headers: { authorization: `Bearer ${second.access_token}` } });
  await later(840);
  await provider.call('POST', '/faults', { on: 'token', times: 2, fault: { kind: 'status', status: 503, headers: { 'Retry-After': '1' } } });
  await provider.call('POST', '/faults', { on: 'jwks', fault: { kind: 'delay', seconds: 2 } });
  await web({ grant_type: 'refresh_token', refresh_token: second.refresh_token }).catch(() => {});
  await later(2);
  await provider.call('DELETE', '/faults/1');
  ({ grant_id: grant } = await provider.call('GET', '/requests/2'));
  await web({ grant_type: 'refresh_token', refresh_token: second.refresh_token });
  await later(60);
  await token(provider, { grant_type: 'client_credentials', scope: 'openid' }, 'client-default', 'client-default-secret');
  await token(provider, { grant_type: 'client_credentials' }, 'client-default', 'wrong');
  await later(5);
  await web({ grant_type: 'refresh_token', refresh_token: first.refresh_token });
  await web({ grant_type: 'refresh_token', refresh_token: 'unknown' });
  await token(provider, { grant_type: 'refresh_token', refresh_token: 'REFRESH_TOKEN', scope: 'openid admin' }, 'client-default', 'client-default-secret');
}

/** What a page shows as text, without what differs from run to run. */
async function shown(page) {
  const text = await page.evaluate(() => document.body.innerText);
  return `${text.replace(/[\d.]+ ms/g, '… ms').replace(/, \S+ in real time/g, ', … in real time').replace(/^\d+\.\d+\.\d+$/gm, '…').replace(/[ \t]+$/gm, '').trim()}\n`;
}

for (const [name, colorScheme, hash, ready] of [
  ['console-requests', 'light', '#view=requests&request=12', (page) => page.getByRole('heading', { name: 'Request 12' })],
  ['console-tokens', 'dark', '#view=requests&request=4', (page) => page.locator('.token tbody').nth(1)],
  ['console-grant', 'light', '#view=grants&grant={grant}', (page) => page.locator('.picture a').first()],
  ['console-controls', 'light', '#view=controls', (page) => page.getByRole('button', { name: /^Remove fault/ })],
]) {
  test(`${name} shows the console of today`, async () => {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 800 } });
    await page.goto(`${server.url}/_mimic/${hash.replace('{grant}', grant)}`);
    await ready(page).waitFor();
    await page.getByText('Connected', { exact: true }).waitFor();
    await ready(page).scrollIntoViewIfNeeded();
    const text = await shown(page);
    if (process.env.UPDATE) {
      mkdirSync(IMAGES, { recursive: true });
      writeFileSync(`${IMAGES}${name}.txt`, text);
      await page.screenshot({ path: `${IMAGES}${name}.png` });
    }
    await page.close();
    assert.ok(statSync(`${IMAGES}${name}.png`).size > 10_000);
    assert.equal(text, readFileSync(`${IMAGES}${name}.txt`, 'utf8'), `docs/images/${name}.png is not current: run UPDATE=1 tests/browser/run`);
  });
}
