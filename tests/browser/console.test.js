// The console, as a developer with a browser uses it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { authorizationUrl, launch, sandbox, serve, token, violations } from './browser.js';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

const HOSTILE = '"><img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>${7*7}';

const FIXTURES = {
  profile: 'standard',
  clients: [
    { client_id: 'web', client_secret: 's3cret', redirect_uris: ['http://127.0.0.1:1/callback'], grant_types: ['authorization_code', 'refresh_token', 'client_credentials'], scope: 'openid email offline_access', refresh: 'rotate' },
    { client_id: 'other', client_secret: 's3cret', grant_types: ['client_credentials'], scope: 'openid email' },
  ],
  users: [{ sub: 'bob', claims: { name: 'Bob Example', email: 'bob@example.com' } }],
};

/** A browser at the console of a provider of its own. It must report no error but the refusals of the control plane. */
async function atTheConsole(context, run, fixtures = FIXTURES) {
  const provider = await sandbox(fixtures);
  const visitor = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...context });
  const broken = [];
  const open = async (address = '') => {
    const page = await visitor.newPage();
    page.on('console', (message) => { if (message.type() === 'error' && !/status of 400/.test(message.text())) broken.push(message.text()); });
    page.on('pageerror', (why) => broken.push(String(why)));
    await page.goto(`${provider.endpoints.control}/${address}`);
    await page.getByText('Connected', { exact: true }).waitFor();
    return page;
  };
  try {
    await run({ provider, page: await open(), open, broken });
    assert.deepEqual(broken, [], 'the browser reports no error');
  } finally {
    await visitor.close();
  }
}

const get = (url) => fetch(url).then((response) => response.arrayBuffer());
const clientCredentials = (provider, more = {}) => token(provider, { grant_type: 'client_credentials', ...more });

async function refreshToken(provider) {
  return (await provider.call('POST', '/tokens', { client_id: 'web', kind: 'refresh_token' })).token;
}
const refresh = (provider, refresh_token, more = {}) => token(provider, { grant_type: 'refresh_token', refresh_token, ...more });

const rows = (page) => page.getByRole('option').filter({ has: page.locator('.number') });
const row = (page, number) => page.locator(`#row-${number}`);
const detail = (page) => page.getByRole('article', { name: 'Request' });
const card = (page, name) => page.getByRole('region', { name, exact: true });
const bar = (page) => page.getByRole('search');
const message = (page) => page.locator('#messages');

/** Waits until a question about the server has this answer. */
async function eventually(question, answer) {
  let last;
  for (let tries = 0; tries < 100; tries += 1) {
    last = await question();
    if (JSON.stringify(last) === JSON.stringify(answer)) return;
    await new Promise((done) => { setTimeout(done, 50); });
  }
  assert.deepEqual(last, answer);
}

describe('the console', () => {
  test('a request appears when it arrives, the newest on top', () => atTheConsole({}, async ({ page, provider }) => {
    await page.getByText('No request has arrived').waitFor();
    await get(provider.endpoints.jwks);
    await row(page, 1).waitFor();
    await clientCredentials(provider);
    await row(page, 2).waitFor();
    assert.match(await rows(page).first().textContent(), /^2.*token client_credentials.*web.*200.*issued/);
    assert.equal(await page.locator('#count').textContent(), '2 requests');
  }));

  test('text, client, endpoint and outcome filter the list; the filter and the choice outlive a reload', () => atTheConsole({}, async ({ page, provider }) => {
    await get(provider.endpoints.jwks);
    await clientCredentials(provider);
    await clientCredentials(provider, { scope: 'admin' });
    await row(page, 3).waitFor();
    const count = () => page.locator('#count').textContent();
    await bar(page).getByLabel('Endpoint').selectOption('jwks');
    assert.equal(await count(), '1 of 3 requests');
    await bar(page).getByLabel('Endpoint').selectOption('');
    await bar(page).getByLabel('Client').selectOption('web');
    assert.equal(await count(), '2 of 3 requests');
    await bar(page).getByLabel('Outcome').selectOption('refused');
    assert.equal(await count(), '1 of 3 requests');
    await bar(page).getByLabel('Outcome').selectOption('');
    await bar(page).getByLabel('Text').fill('ADMIN scope_not');
    assert.equal(await count(), '1 of 3 requests');
    await rows(page).first().click();
    await page.reload();
    await detail(page).getByRole('heading', { name: 'Request 3' }).waitFor();
    assert.equal(await count(), '1 of 3 requests');
    assert.equal(await bar(page).getByLabel('Text').inputValue(), 'ADMIN scope_not');
    assert.equal(await bar(page).getByLabel('Client').inputValue(), 'web');
  }));

  test('a refusal is explained, with links to the reference', () => atTheConsole({}, async ({ page, provider }) => {
    await clientCredentials(provider, { scope: 'openid openid admin' });
    await row(page, 1).click();
    const why = detail(page);
    await why.getByText('refused, status 400, invalid_scope').waitFor();
    assert.match(await why.locator('.why').textContent(), /^scope_not_registered: .*admin/);
    assert.equal(await why.getByRole('cell', { name: 'openid openid admin' }).count(), 1);
    const advice = await provider.call('GET', '/requests').then(({ requests }) => requests[0].advice);
    assert.ok(advice.length > 0);
    for (const { text, clause } of advice) {
      assert.equal(await why.getByText(text).count(), 1);
      assert.equal(await why.getByText(`(${clause})`).count(), 1);
    }
    for (const link of await why.getByRole('link').filter({ has: page.locator('code') }).all()) {
      const address = new URL(await link.getAttribute('href'), page.url());
      const reference = await page.context().newPage();
      await reference.goto(address.href);
      await reference.locator(`[id="${address.hash.slice(1)}"]`).waitFor();
      await reference.close();
    }
  }));

  test('the tokens of an answer are decoded and verified, also a broken one', () => atTheConsole({}, async ({ page, provider }) => {
    await provider.call('POST', '/faults', { on: 'token', times: 1, fault: { kind: 'token', token: 'access_token', defect: { kind: 'foreign_key' } } });
    const first = await refresh(provider, await refreshToken(provider));
    const second = await refresh(provider, first.refresh_token);
    await row(page, 1).click();
    const access = detail(page).locator('.token').filter({ hasText: 'access_token' });
    await access.getByText('Wrong: the signature is wrong').waitFor();
    assert.match(await detail(page).textContent(), /Fault: token/);
    await row(page, 2).click();
    await detail(page).getByRole('heading', { name: 'Request 2' }).waitFor();
    await access.getByText('✓ the signature is good').waitFor();
    assert.equal(await detail(page).getByText('Wrong:').count(), 0);
    assert.equal(await detail(page).locator('.token').count(), 3);
    assert.ok(!(await page.content()).includes(second.access_token), 'the page has no token');
    const { now } = await provider.call('GET', '/clock');
    await access.getByRole('button', { name: 'Advance the clock to its expiry' }).click();
    await access.getByText('Wrong: it expired').waitFor();
    assert.ok((await provider.call('GET', '/clock')).now > now);
  }));

  test('a request is copied as a command that works, and as an expectation that holds', () => atTheConsole({ permissions: ['clipboard-read', 'clipboard-write'] }, async ({ page, provider }) => {
    const refresh_token = await refreshToken(provider);
    await refresh(provider, refresh_token, { scope: "openid 'it" });
    await row(page, 1).click();
    const copied = async (name) => {
      await detail(page).getByRole('button', { name }).click();
      await message(page).getByText('Copied.').waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    const command = await copied('Copy as curl');
    assert.ok(!command.includes(refresh_token) && !command.includes('s3cret'));
    execFileSync('sh', ['-c', `${command} --silent`], { env: { ...process.env, MIMIC_REFRESH_TOKEN: refresh_token, MIMIC_CLIENT_SECRET: 's3cret' } });
    const [sent, again] = (await provider.call('GET', '/requests')).requests;
    const same = ({ number, at, real_time, duration_ms, advice, presented, ...rest }) => rest;
    assert.deepEqual(same(again), same(sent));
    const expectation = JSON.parse(await copied('Copy as expectation'));
    assert.deepEqual(await provider.call('POST', '/verify', { ...expectation, at_least: undefined, exactly: 2 }), { verified: true });
  }));

  test('a hostile request is copied as a command that sends that request, once, and nothing of the shell', () => atTheConsole({}, async ({ page, provider }) => {
    const hostile = { 'a=b&c': 'x\ny"%\\', '@/etc/passwd': '@/etc/passwd', empty: '', "it's $(id)": '`id` $HOME {1,2} [1-9]', home: '[redacted]', client_id: 'a+b' };
    await fetch(`${provider.base_url}/x[1-40]/{a,b}`, { method: 'POST', body: new URLSearchParams(hostile) });
    await fetch(provider.endpoints.token, { method: 'POST', headers: { authorization: `Basic ${btoa('a%2Bb:x')}` }, body: new URLSearchParams({ ...hostile, long: 'y'.repeat(100) }) });
    const same = ({ number, at, real_time, duration_ms, advice, ...rest }) => rest;
    for (const number of [1, 2]) {
      await row(page, number).click();
      await detail(page).getByRole('heading', { name: `Request ${number}` }).waitFor();
      await page.evaluate(() => { Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: () => Promise.reject(new Error('no')) } }); });
      await detail(page).getByRole('button', { name: 'Copy as curl' }).click();
      const command = await page.getByLabel('Text to copy').inputValue();
      assert.equal(command.startsWith('# The journal does not have the end of long.'), number === 2, command);
      execFileSync('sh', ['-c', `${command} --silent`], { env: { ...process.env, MIMIC_HOME: '[redacted]', MIMIC_CLIENT_SECRET: 'x' } });
    }
    const { requests } = await provider.call('GET', '/requests');
    assert.equal(requests.length, 4);
    assert.deepEqual(same(requests[2]), same(requests[0]));
    assert.equal(requests[3].client_id, 'a+b');
  }));

  test('a request to which no other leads begins a tree of its own', () => atTheConsole({}, async ({ page, provider }) => {
    const refresh_token = await refreshToken(provider);
    const { refresh_token: second } = await refresh(provider, refresh_token);
    await row(page, 1).waitFor();
    await provider.call('DELETE', '/requests');
    await page.getByText('0 requests', { exact: true }).waitFor();
    await refresh(provider, second);
    await refresh(provider, refresh_token);
    await page.keyboard.press('2');
    await page.locator('.picture a').nth(1).waitFor();
    assert.equal(await page.locator('.picture .edge').count(), 0);
  }));

  test('a hidden tab closes its stream, and catches up when it is seen', () => atTheConsole({}, async ({ page, provider }) => {
    await get(provider.endpoints.jwks);
    await row(page, 1).waitFor();
    const hide = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/requests/stream'));
    await hide(true);
    await ended;
    await get(provider.endpoints.jwks);
    await provider.call('POST', '/reset');
    for (let sent = 0; sent < 3; sent += 1) await get(provider.endpoints.jwks);
    await hide(false);
    await page.getByText('3 requests', { exact: true }).waitFor();
    await page.getByText('Connected', { exact: true }).waitFor();
  }));

  test('a reset during the look for forgotten requests loses none', () => atTheConsole({}, async ({ page, provider }) => {
    await get(provider.endpoints.jwks);
    await row(page, 1).waitFor();
    let hold;
    const held = new Promise((done) => { hold = done; });
    await page.route('**/requests?limit=1', async (route) => {
      await provider.call('POST', '/reset');
      const response = await route.fetch();
      await get(provider.endpoints.metadata);
      await row(page, 1).filter({ hasText: 'metadata' }).waitFor();
      await route.fulfill({ response });
      hold();
    }, { times: 1 });
    await held;
    await page.evaluate(() => new Promise((done) => { setTimeout(done, 100); }));
    assert.equal(await page.locator('#count').textContent(), '1 requests');
  }));

  test('a sandbox that is removed is said to be', () => atTheConsole({}, async ({ page, provider, broken }) => {
    await fetch(`${new URL(provider.base_url).origin}/_mimic/sandboxes/${provider.id}`, { method: 'DELETE' });
    await page.getByText('This sandbox was removed', { exact: true }).waitFor();
    broken.length = 0;
  }));

  test('the focus stays where it is, and goes where it is led', () => atTheConsole({}, async ({ page, provider }) => {
    await refresh(provider, await refreshToken(provider));
    await row(page, 1).click();
    await page.keyboard.press('2');
    const focused = () => page.evaluate(() => document.activeElement.id);
    assert.equal(await focused(), 'title');
    await page.locator('.picture a').first().focus();
    const { refresh_token } = await provider.call('POST', '/tokens', { client_id: 'web' });
    await refresh(provider, refresh_token);
    await page.getByRole('option', { name: /at web/ }).nth(1).waitFor({ state: 'attached' });
    assert.match(await focused(), /^mark-1$/);
    await page.keyboard.press('3');
    await provider.call('POST', '/faults', { on: 'token', times: 2, fault: { kind: 'status', status: 503 } });
    await page.getByRole('button', { name: 'Remove fault 1' }).focus();
    await clientCredentials(provider).catch(() => {});
    await card(page, 'Faults').getByRole('cell', { name: '1', exact: true }).waitFor();
    assert.equal(await focused(), 'remove-fault-1');
    await page.keyboard.press('Enter');
    await card(page, 'Faults').getByText('No fault waits.').waitFor();
    assert.equal(await focused(), 'control-faults');
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'main');
    await page.getByRole('heading', { level: 1, name: 'Controls' }).waitFor();
  }));

  test('what is said of a token follows the clock', () => atTheConsole({}, async ({ page, provider }) => {
    await refresh(provider, await refreshToken(provider));
    await row(page, 1).click();
    await detail(page).getByText('It expires at').first().waitFor();
    await provider.call('POST', '/clock/advance', { seconds: 100_000_000 });
    await detail(page).getByText('Wrong: it expired').first().waitFor();
    await page.keyboard.press('3');
    await provider.call('POST', '/clock/advance', { seconds: 3600 });
    const { unix } = await provider.call('GET', '/clock');
    await card(page, 'Clock').getByRole('button', { name: 'Freeze', exact: true }).click();
    await eventually(async () => (await provider.call('GET', '/clock')).frozen, true);
    assert.ok((await provider.call('GET', '/clock')).unix >= unix, 'the clock does not go back');
  }));

  test('where the clipboard is closed, the text is shown', () => atTheConsole({}, async ({ page, provider }) => {
    await page.evaluate(() => { Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject(new Error('no')) } }); });
    await get(provider.endpoints.jwks);
    await row(page, 1).click();
    await detail(page).getByRole('button', { name: 'Copy as curl' }).click();
    assert.equal(await page.getByLabel('Text to copy').inputValue(), `curl --globoff --path-as-is ${provider.endpoints.jwks}`);
  }));

  test('the listed requests are exported as HAR', () => atTheConsole({}, async ({ page, provider }) => {
    await get(provider.endpoints.jwks);
    await clientCredentials(provider, { scope: 'openid' });
    await row(page, 2).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export as HAR' }).click()]);
    const { log } = JSON.parse(readFileSync(await download.path(), 'utf8'));
    assert.equal(download.suggestedFilename(), 'oauth-mimic.har');
    assert.equal(log.version, '1.2');
    assert.deepEqual(log.entries.map(({ request, response }) => [request.method, request.url, response.status]),
      [['GET', provider.endpoints.jwks, 200], ['POST', provider.endpoints.token, 200]]);
    assert.deepEqual(log.entries[1].request.postData.params.find(({ name }) => name === 'scope'), { name: 'scope', value: 'openid' });
  }));

  test('a grant is a tree from its login over refreshes to the replay', () => atTheConsole({}, async ({ page, provider }) => {
    await provider.call('POST', '/logins', { user: 'bob' });
    const url = authorizationUrl(provider, { callback: 'http://127.0.0.1:1/callback' }, { scope: 'openid offline_access' });
    const answer = await fetch(url, { redirect: 'manual' });
    const code = new URL(answer.headers.get('location')).searchParams.get('code');
    const first = await token(provider, { grant_type: 'authorization_code', code, redirect_uri: 'http://127.0.0.1:1/callback' });
    const second = await refresh(provider, first.refresh_token);
    await refresh(provider, first.refresh_token);
    await refresh(provider, second.refresh_token);
    await row(page, 5).waitFor();
    await row(page, 3).click();
    await detail(page).getByRole('link', { name: 'Show the grant' }).click();
    const marks = page.locator('.picture a');
    assert.deepEqual(await marks.evaluateAll((all) => all.map((mark) => mark.dataset.kind)), ['login', 'issued', 'issued', 'replay', 'refused']);
    const shapes = await marks.evaluateAll((all) => all.map((mark) => mark.querySelector('rect, circle, path').outerHTML.replace(/[\d.-]+/g, '')));
    assert.equal(new Set([shapes[0], shapes[1], shapes[3], shapes[4]]).size, 4, 'a kind is seen without its colour');
    assert.match(await page.locator('#grant option:checked').textContent(), /^bob at web, /);
    // The replay is a branch from the code exchange, and the last refusal goes on from the refresh.
    const lane = (number) => marks.nth(number).locator('text').getAttribute('y');
    assert.equal(await lane(4), await lane(2));
    assert.notEqual(await lane(3), await lane(2));
    await page.locator('main li a', { hasText: 'replay' }).click();
    await detail(page).getByRole('heading', { name: 'Request 4' }).waitFor();
    await detail(page).getByText('refresh_token_replayed').first().waitFor();
  }));

  test('the journal is cleared', () => atTheConsole({}, async ({ page, provider }) => {
    await get(provider.endpoints.jwks);
    await row(page, 1).waitFor();
    await page.getByRole('button', { name: 'Clear the journal' }).click();
    await page.getByText('0 requests').waitFor();
    assert.deepEqual((await provider.call('GET', '/requests')).requests, []);
    await get(provider.endpoints.jwks);
    await row(page, 2).waitFor();
  }));

  test('the keyboard does everything in the list', () => atTheConsole({}, async ({ page, provider }) => {
    for (let sent = 0; sent < 40; sent += 1) await get(provider.endpoints.jwks);
    await row(page, 40).waitFor();
    const heading = (number) => detail(page).getByRole('heading', { name: `Request ${number}`, exact: true }).waitFor();
    await page.keyboard.press('j');
    await heading(40);
    await page.keyboard.press('j');
    await heading(39);
    await page.keyboard.press('k');
    await heading(40);
    await page.getByRole('listbox').focus();
    await page.keyboard.press('End');
    await heading(1);
    assert.equal(await page.getByRole('listbox').getAttribute('aria-activedescendant'), 'row-1');
    assert.ok(await row(page, 1).isVisible());
    await page.keyboard.press('ArrowUp');
    await heading(2);
    await page.keyboard.press('PageUp');
    await page.keyboard.press('Home');
    await heading(40);
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'detail-title');
    await page.keyboard.press('/');
    await page.keyboard.type('jwks3');
    assert.equal(await bar(page).getByLabel('Text').inputValue(), 'jwks3');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'listbox');
    assert.equal(await bar(page).getByLabel('Text').inputValue(), 'jwks3');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    for (const [key, title] of [['2', 'Grants'], ['3', 'Controls'], ['1', 'Requests']]) {
      await page.keyboard.press(key);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
    }
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Controls' }).waitFor();
  }));

  test('ten thousand requests are a hundred elements, and every one of them can be reached', () => atTheConsole({}, async ({ page, provider, open }) => {
    for (let sent = 0; sent < 10000; sent += 100) await Promise.all(Array.from({ length: 100 }, () => get(provider.endpoints.jwks)));
    await page.getByText('10000 requests', { exact: true }).waitFor();
    const later = await open();
    await later.getByText('10000 requests', { exact: true }).waitFor();
    for (const tab of [page, later]) {
      assert.ok(await rows(tab).count() < 100);
      await tab.getByRole('listbox').focus();
      await tab.keyboard.press('End');
      await row(tab, 1).waitFor();
      await tab.getByRole('listbox').evaluate((list) => { list.scrollTop = list.scrollHeight / 2; });
      await row(tab, 5000).waitFor();
      assert.ok(await rows(tab).count() < 100);
    }
    // Who reads in the middle stays there when a request arrives.
    const place = () => row(page, 5000).evaluate((element) => Math.round(element.getBoundingClientRect().top));
    const before = await place();
    await clientCredentials(provider);
    await page.locator('#count', { hasText: /^1000\d requests$/ }).waitFor();
    await eventually(() => bar(page).getByLabel('Endpoint').locator('option').allTextContents(), ['all', 'jwks', 'token']);
    assert.equal(await place(), before);
  }));

  test('two tabs show the same, and one sees what the other changes', () => atTheConsole({}, async ({ page, provider, open }) => {
    const other = await open('#view=controls');
    await card(other, 'Clock').getByRole('button', { name: 'Freeze', exact: true }).click();
    await page.locator('#clock', { hasText: 'frozen' }).waitFor();
    await get(provider.endpoints.jwks);
    await row(page, 1).waitFor();
    await card(other, 'Reset').getByRole('button', { name: 'Reset' }).click();
    await page.getByText('0 requests').waitFor();
    await get(provider.endpoints.jwks);
    await row(page, 1).waitFor();
    await other.keyboard.press('1');
    await row(other, 1).waitFor();
  }));

  test('hostile text in every field is text', () => atTheConsole({}, async ({ page, provider }) => {
    await provider.call('PUT', '/users/hostile', { sub: 'hostile', claims: { name: HOSTILE, [HOSTILE]: HOSTILE } });
    await provider.call('POST', '/clients', { client_id: HOSTILE, client_secret: HOSTILE, grant_types: ['client_credentials'], scope: 'openid' });
    await provider.call('POST', '/faults', { on: 'token', times: 1, when: { client_id: HOSTILE }, fault: { kind: 'error', error: 'invalid_grant', description: HOSTILE.replaceAll(/["\\]/g, "'") } });
    await provider.call('POST', '/sandboxes', { label: HOSTILE.slice(0, 128) });
    await fetch(`${provider.base_url}/${encodeURIComponent(HOSTILE)}`);
    const form = { grant_type: HOSTILE, client_id: HOSTILE, scope: HOSTILE, [HOSTILE]: HOSTILE, refresh_token: HOSTILE };
    for (const headers of [{}, { authorization: `Basic ${btoa(`${encodeURIComponent(HOSTILE)}:x`)}` }]) {
      await fetch(provider.endpoints.token, { method: 'POST', headers, body: new URLSearchParams(form) });
    }
    await get(`${authorizationUrl(provider, { callback: HOSTILE })}&${new URLSearchParams({ [HOSTILE]: HOSTILE })}`);
    const minted = await provider.call('POST', '/tokens', { sub: 'hostile', kind: 'response' });
    await refresh(provider, minted.refresh_token);
    const { requests } = await provider.call('GET', '/requests');
    for (const { number } of requests) {
      await row(page, number).click();
      await detail(page).getByRole('heading', { name: `Request ${number}`, exact: true }).waitFor();
    }
    assert.ok(await page.getByText('onerror=').count() > 0, 'the text is shown');
    await page.keyboard.press('2');
    await page.keyboard.press('3');
    await card(page, 'Users').getByText('onerror=').first().waitFor();
    await card(page, 'Tokens').getByLabel('Token to inspect').fill(minted.id_token ?? minted.access_token);
    await card(page, 'Tokens').getByRole('button', { name: 'Inspect' }).click();
    await card(page, 'Tokens').getByText('Claims').waitFor();
    assert.doesNotMatch(await page.title(), /owned/);
    assert.equal(await page.locator('img, main script').count(), 0);
  }));

  test('the policy forbids everything else, and programs get JSON', () => atTheConsole({}, async ({ page, provider, broken }) => {
    const url = `${provider.endpoints.control}/`;
    const html = await fetch(url, { headers: { accept: 'text/html' } });
    const policy = html.headers.get('content-security-policy');
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) assert.ok(policy.includes(part), part);
    assert.equal(html.headers.get('vary'), 'Accept');
    assert.equal((await fetch(url)).headers.get('content-type'), 'application/json');
    assert.equal((await fetch(provider.endpoints.control, { headers: { accept: 'text/html' } })).url, url);
    assert.doesNotMatch(await html.text(), /<script(?![^>]*src=)|style=|onclick/);
    await page.evaluate(() => { document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "owned"' })); }).catch(() => {});
    assert.doesNotMatch(await page.title(), /owned/);
    assert.ok(broken.length > 0, 'the browser reports what it stopped');
    broken.length = 0;
  }));

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing: ${colorScheme}`, () => atTheConsole({ colorScheme }, async ({ page, provider }) => {
      await clientCredentials(provider, { scope: 'openid openid admin' });
      await refresh(provider, await refreshToken(provider));
      await provider.call('POST', '/faults', { on: 'userinfo', fault: { kind: 'status', status: 503 } });
      await provider.call('POST', '/faults', { on: 'jwks', fault: { kind: 'close' } });
      await clientCredentials(provider);
      await row(page, 3).waitFor();
      for (const number of [1, 2, 3]) {
        await row(page, number).click();
        await detail(page).getByRole('heading', { name: `Request ${number}` }).waitFor();
        if (number === 2) await detail(page).locator('.token').first().waitFor();
        assert.deepEqual(await violations(page), [], `request ${number}`);
      }
      for (const [key, name] of [['2', 'Grants'], ['3', 'Controls']]) {
        await page.keyboard.press(key);
        if (key === '3') await card(page, 'Faults').getByText('503').first().waitFor();
        assert.deepEqual(await violations(page), [], name);
      }
      await page.keyboard.press('?');
      assert.deepEqual(await violations(page), [], 'help');
      await page.goto(`${provider.endpoints.control}/reference`);
      assert.deepEqual(await violations(page), [], 'reference');
    }));
  }

  test('at 360 px nothing is cut off', () => atTheConsole({ viewport: { width: 360, height: 740 } }, async ({ page, provider }) => {
    await refresh(provider, await refreshToken(provider));
    await row(page, 1).click();
    await detail(page).locator('.token').first().waitFor();
    for (const key of ['1', '2', '3']) {
      await page.keyboard.press(key);
      if (key === '3') await card(page, 'Clients').getByText('web').first().waitFor();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `view ${key}`);
    }
    await page.goto(`${provider.endpoints.control}/reference`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'reference');
  }));
});

describe('the controls', () => {
  const controlled = (run) => atTheConsole({}, async (desk) => {
    await desk.page.keyboard.press('3');
    await card(desk.page, 'Clients').getByText('web').first().waitFor();
    await run(desk);
  });

  test('clock', () => controlled(async ({ page, provider }) => {
    const press = (name) => card(page, 'Clock').getByRole('button', { name, exact: true }).click();
    const state = () => provider.call('GET', '/clock');
    await card(page, 'Clock').getByRole('textbox', { name: 'Instant' }).fill('2030-01-01T00:00:00Z');
    await press('Freeze at this instant');
    await eventually(async () => (await state()).now, '2030-01-01T00:00:00Z');
    await press('+1 min');
    await eventually(async () => (await state()).now, '2030-01-01T00:01:00Z');
    await press('+15 min');
    await eventually(async () => (await state()).now, '2030-01-01T00:16:00Z');
    await page.locator('#clock', { hasText: '2030-01-01T00:16:00Z, frozen' }).waitFor();
    await press('Return to real time');
    await eventually(async () => (await state()).frozen, false);
    await press('Freeze');
    await eventually(async () => (await state()).frozen, true);
    await card(page, 'Clock').getByText('The clock is frozen.').waitFor();
    await card(page, 'Clock').getByRole('textbox', { name: 'Instant' }).fill('soon');
    await press('Freeze at this instant');
    await message(page).getByText('/now').waitFor();
  }));

  test('faults', () => controlled(async ({ page, provider }) => {
    const faults = card(page, 'Faults');
    const rules = async () => (await provider.call('GET', '/faults')).faults;
    await faults.getByLabel('Fault', { exact: true }).selectOption('Redirect with a wrong state');
    assert.equal(await faults.getByLabel('Endpoint').inputValue(), 'authorization', 'where it can happen');
    await faults.getByLabel('Fault', { exact: true }).selectOption('Error invalid_grant');
    await faults.getByLabel('Client').selectOption('web');
    await faults.getByLabel('Times').fill('2');
    await faults.getByRole('button', { name: 'Add this fault' }).click();
    await eventually(async () => (await rules()).map(({ on, when, times_left, fault }) => [on, when, times_left, fault.error]), [['token', { client_id: 'web' }, 2, 'invalid_grant']]);
    assert.equal((await clientCredentials(provider)).error, 'invalid_grant');
    await faults.getByRole('cell', { name: '1', exact: true }).waitFor();
    await faults.getByText('A rule of your own').click();
    await faults.getByLabel('Rule in JSON').fill('{"on": "jwks", "fault": {"kind": "nonsense"}}');
    await faults.getByRole('button', { name: 'Add this rule' }).click();
    await message(page).getByText('/fault/kind').waitFor();
    await faults.getByLabel('Rule in JSON').fill('{"on": ');
    await faults.getByRole('button', { name: 'Add this rule' }).click();
    await message(page).getByText('not JSON').waitFor();
    await faults.getByLabel('Rule in JSON').fill('{"on": "jwks", "skip": 2, "fault": {"kind": "close"}}');
    await faults.getByRole('button', { name: 'Add this rule' }).click();
    await faults.getByText('every time, after 2 more').waitFor();
    await faults.getByRole('button', { name: 'Remove fault 1' }).click();
    await eventually(async () => (await rules()).map(({ id }) => id), [2]);
    await faults.getByRole('button', { name: 'Remove all faults' }).click();
    await faults.getByText('No fault waits.').waitFor();
    assert.deepEqual(await rules(), []);
  }));

  test('every preset is a rule that the server accepts', () => controlled(async ({ page, provider }) => {
    const faults = card(page, 'Faults');
    const presets = await faults.getByLabel('Fault', { exact: true }).locator('option').allTextContents();
    assert.ok(presets.length > 15);
    for (const [index, preset] of presets.entries()) {
      await faults.getByLabel('Fault', { exact: true }).selectOption(preset);
      await faults.getByRole('button', { name: 'Add this fault' }).click();
      await eventually(async () => (await provider.call('GET', '/faults')).faults.length, index + 1);
    }
  }));

  test('scenarios', () => controlled(async ({ page, provider }) => {
    await card(page, 'Scenarios').getByRole('button', { name: 'Play flaky-gateway' }).click();
    await eventually(async () => (await provider.call('GET', '/faults')).faults.length, 3);
    const { scenarios } = await provider.call('GET', '/scenarios');
    assert.equal(await card(page, 'Scenarios').getByRole('button').count(), scenarios.length);
  }));

  test('logins and sessions', () => controlled(async ({ page, provider, open }) => {
    const logins = card(page, 'Logins');
    await logins.getByLabel('User', { exact: true }).selectOption('bob');
    await logins.getByLabel('Client').selectOption('web');
    await logins.getByLabel('Times').fill('2');
    await logins.getByLabel('The user denies').check();
    await logins.getByRole('button', { name: 'Script the next login' }).click();
    await eventually(async () => (await provider.call('GET', '/logins')).logins, [{ client_id: 'web', user: 'bob', deny: true, times: 2 }]);
    await logins.getByText('"deny":true').waitFor();
    await logins.getByRole('button', { name: 'Remove scripted logins' }).click();
    await logins.getByText('No login is scripted').waitFor();
    assert.deepEqual((await provider.call('GET', '/logins')).logins, []);
    const visitor = await open();
    await visitor.goto(authorizationUrl(provider, { callback: `${provider.base_url}/nowhere` }).replace(encodeURIComponent(`${provider.base_url}/nowhere`), encodeURIComponent('http://127.0.0.1:1/callback')));
    await visitor.getByRole('button', { name: 'Bob Example' }).click({ noWaitAfter: true });
    await logins.getByRole('button', { name: 'End the session of bob' }).click();
    await logins.getByText('No user is logged in.').waitFor();
    assert.deepEqual((await provider.call('GET', '/sessions')).sessions, []);
    await visitor.close();
  }));

  test('tokens: good, broken, inspected', () => controlled(async ({ page, provider }) => {
    const tokens = card(page, 'Tokens');
    await tokens.getByRole('button', { name: 'Mint' }).click();
    await tokens.getByLabel('The access_token').waitFor();
    const text = await tokens.getByLabel('The access_token').inputValue();
    assert.equal(JSON.parse(Buffer.from(text.split('.')[1], 'base64url')).client_id, 'web');
    assert.equal(await tokens.getByText('Wrong:').count(), 0);
    await tokens.getByLabel('Kind').selectOption('access_token');
    await tokens.getByLabel('Client').selectOption('other');
    await tokens.getByLabel('User').selectOption('bob');
    await tokens.getByLabel('Scope').fill('email');
    await tokens.getByLabel('Defect').selectOption('expired');
    await tokens.getByRole('button', { name: 'Mint' }).click();
    await tokens.getByText('Wrong: it expired').waitFor();
    const claims = JSON.parse(Buffer.from((await tokens.getByLabel('The access_token').inputValue()).split('.')[1], 'base64url'));
    assert.deepEqual([claims.client_id, claims.sub, claims.scope], ['other', 'bob', 'email']);
    await tokens.getByLabel('Token to inspect').fill(`${text.slice(0, -4)}AAAA`);
    await tokens.getByRole('button', { name: 'Inspect' }).click();
    await tokens.getByText('Wrong: the signature is wrong').waitFor();
    await tokens.getByLabel('Token to inspect').fill('nonsense');
    await tokens.getByRole('button', { name: 'Inspect' }).click();
    await tokens.getByText('Wrong: it is not a signed token').waitFor();
    assert.equal((await provider.call('GET', '/requests')).requests.length, 0, 'no request of a client');
  }));

  test('keys', () => controlled(async ({ page, provider }) => {
    const { keys: [{ kid }] } = await provider.call('GET', '/keys');
    await card(page, 'Keys').getByRole('button', { name: 'Rotate the keys' }).click();
    await card(page, 'Keys').getByRole('button', { name: `Retire ${kid}` }).click();
    await eventually(async () => (await (await fetch(provider.endpoints.jwks)).json()).keys.filter((key) => key.kid === kid).length, 0);
    assert.equal((await (await fetch(provider.endpoints.jwks)).json()).keys.length, 1);
  }));

  for (const [title, one, key, added, edited] of [
    ['Clients', 'client', 'client_id', { client_id: 'new/one', client_secret: 'x', grant_types: ['client_credentials'], scope: 'openid' }, 'web'],
    ['Users', 'user', 'sub', { sub: 'new/one', claims: { name: 'New' } }, 'bob'],
  ]) {
    test(`${title} are added, changed and removed`, () => controlled(async ({ page, provider }) => {
      const path = `/${title.toLowerCase()}`;
      const place = card(page, title);
      const editor = place.getByLabel(`The ${one} in JSON`);
      const names = async () => (await provider.call('GET', path))[title.toLowerCase()].map((value) => value[key]);
      const before = await names();
      await editor.fill(JSON.stringify(added));
      await place.getByRole('button', { name: `Add or change this ${one}` }).click();
      await eventually(names, [...before, 'new/one']);
      await place.getByRole('button', { name: 'Remove new/one' }).click();
      await eventually(names, before);
      await place.getByRole('button', { name: `Edit ${edited}` }).click();
      assert.equal(JSON.parse(await editor.inputValue())[key], edited);
      await editor.fill(JSON.stringify({ ...JSON.parse(await editor.inputValue()), nonsense: 1 }));
      await place.getByRole('button', { name: `Add or change this ${one}` }).click();
      await message(page).getByText('nonsense').waitFor();
    }));
  }

  test('sandboxes are made, shown and dropped', () => controlled(async ({ page, provider }) => {
    const place = card(page, 'Sandboxes');
    const label = `console ${process.pid}`;
    await place.getByLabel('Label').fill(label);
    await place.getByRole('button', { name: 'Make a sandbox' }).click();
    const listed = async () => (await provider.call('GET', `/sandboxes?label=${encodeURIComponent(label)}`)).sandboxes;
    await eventually(async () => (await listed()).length, 1);
    const [made] = await listed();
    await get(made.endpoints.jwks);
    await page.locator('#sandbox option', { hasText: label }).waitFor({ state: 'attached' });
    await page.keyboard.press('1');
    await page.locator('#sandbox').selectOption({ label: `${label} (${made.id})` });
    await page.waitForURL(`${made.endpoints.control}/**`);
    await row(page, 1).waitFor();
    await page.getByText(made.issuer).waitFor();
    await page.keyboard.press('3');
    await card(page, 'Sandboxes').getByRole('link', { name: provider.id, exact: true }).click();
    await page.waitForURL(`${provider.endpoints.control}/**`);
    await page.keyboard.press('3');
    await card(page, 'Sandboxes').getByRole('button', { name: `Remove sandbox ${label}` }).click();
    await eventually(async () => (await listed()).length, 0);
  }));

  test('reset', () => controlled(async ({ page, provider }) => {
    await provider.call('PUT', '/clock', { now: '2030-01-01T00:00:00Z' });
    await provider.call('POST', '/faults', { on: 'token', fault: { kind: 'close' } });
    await card(page, 'Reset').getByRole('button', { name: 'Reset' }).click();
    await eventually(async () => (await provider.call('GET', '/clock')).frozen, false);
    assert.deepEqual((await provider.call('GET', '/faults')).faults, []);
  }));
});

/** A connection to a port that can be cut and mended. */
async function cuttable(target) {
  const sockets = new Set();
  const listener = net.createServer((near) => {
    const far = net.connect(target, '127.0.0.1');
    for (const [socket, other] of [[near, far], [far, near]]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => { sockets.delete(socket); other.destroy(); });
      socket.pipe(other);
    }
  });
  const listen = (port) => new Promise((done) => { listener.listen(port, '127.0.0.1', done); });
  await listen(0);
  const { port } = listener.address();
  return {
    port,
    mend: () => listen(port),
    cut: async () => {
      const closed = new Promise((done) => { listener.close(done); });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

describe('a server of its own', () => {
  test('the console goes on when the server was restarted, and does not mix the two', async () => {
    let server = await serve('--port', '0');
    const page = await browser.newPage();
    try {
      await page.goto(`${server.url}/_mimic/`);
      for (let sent = 0; sent < 3; sent += 1) await get(`${server.url}/connect/.well-known/jwks.json`);
      await row(page, 3).waitFor();
      await server.stop();
      await page.getByText('The connection is lost. Trying again.').waitFor();
      server = await serve('--port', server.port);
      await get(`${server.url}/connect/.well-known/openid-configuration`);
      await page.getByText('Connected', { exact: true }).waitFor();
      await page.getByText('1 requests', { exact: true }).waitFor();
      assert.match(await row(page, 1).textContent(), /metadata/);
    } finally {
      await page.close();
      await server.stop();
    }
  });

  test('nothing is lost while the connection is', async () => {
    const server = await serve('--port', '0');
    const line = await cuttable(server.port);
    const page = await browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${line.port}/_mimic/`);
      const jwks = `${server.url}/connect/.well-known/jwks.json`;
      await get(jwks);
      await row(page, 1).waitFor();
      await line.cut();
      await page.getByText('The connection is lost. Trying again.').waitFor();
      for (let sent = 0; sent < 5; sent += 1) await get(jwks);
      await line.mend();
      await row(page, 6).waitFor();
      assert.equal(await page.locator('#count').textContent(), '6 requests');
    } finally {
      await page.close();
      await line.cut();
      await server.stop();
    }
  });

  test('with a control token, the console asks for it, and keeps it for the tab', async () => {
    const server = await serve('--port', '0', '--control-token', 'open sesame');
    const visitor = await browser.newContext();
    const page = await visitor.newPage();
    try {
      await page.goto(`${server.url}/_mimic/`);
      await page.getByLabel('Control token').fill('s3cret\u2013');
      await page.getByRole('button', { name: 'Use this token' }).click();
      await page.getByText('The server refuses this token.').waitFor();
      await page.getByLabel('Control token').fill('wrong');
      await page.getByRole('button', { name: 'Use this token' }).click();
      await page.getByText('The server refuses this token.').waitFor();
      assert.deepEqual(await violations(page), []);
      assert.equal(await page.getByRole('listbox').count(), 0);
      await page.getByLabel('Control token').fill('open sesame');
      await page.getByRole('button', { name: 'Use this token' }).click();
      await page.getByText('Connected', { exact: true }).waitFor();
      await get(`${server.url}/connect/.well-known/jwks.json`);
      await row(page, 1).waitFor();
      await page.reload();
      await row(page, 1).waitFor();
      const other = await visitor.newPage();
      await other.goto(`${server.url}/_mimic/`);
      await other.getByLabel('Control token').waitFor();
      assert.deepEqual(await visitor.cookies(), []);
      assert.equal((await fetch(`${server.url}/_mimic/`)).status, 401);
      assert.equal((await fetch(`${server.url}/_mimic/requests`, { headers: { accept: 'text/html' } })).status, 401);
    } finally {
      await visitor.close();
      await server.stop();
    }
  });
});
