// A browser, a provider of its own for each test, and a client that receives what the browser brings back.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const server = process.env.OAUTH_MIMIC_URL;

export async function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

/** A sandbox of the server: its URLs and its control plane. */
export async function sandbox(fixtures) {
  const response = await fetch(`${server}/_mimic/sandboxes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ttl: 300, fixtures }),
  });
  if (response.status !== 201) throw new Error(await response.text());
  return withControl(await response.json());
}

/** The default provider of a server, as it is reached at an address. */
export async function provider(address) {
  const overview = await (await fetch(`${address}/_mimic`)).json();
  const there = (url) => url.replace(overview.base_url, address);
  const endpoints = Object.fromEntries(Object.entries(overview.endpoints).map(([name, url]) => [name, there(url)]));
  return withControl({ ...overview, endpoints });
}

/** Adds the verb that calls the control plane. */
function withControl(made) {
  return {
    ...made,
    async call(method, path, body) {
      const answer = await fetch(`${made.endpoints.control}${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
      return answer.status === 204 ? undefined : answer.json();
    },
  };
}

/** A server of a test's own. */
export async function serve(...flags) {
  const child = spawn('oauth-mimic', ['--log', 'off', '--until-stdin-closes', ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  const url = line.replace('listening on ', '');
  return { url, port: new URL(url).port, stop: async () => { child.kill(); await once(child, 'exit'); } };
}

/** A client that listens for authorization responses. */
export async function client() {
  const received = [];
  const waiting = [];
  const listener = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += chunk; });
    request.on('end', () => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><html lang="en"><title>client</title><h1>client</h1>');
      const url = new URL(request.url, 'http://client');
      if (url.pathname === '/favicon.ico') return;
      const params = new URLSearchParams(request.method === 'POST' ? body : url.search);
      const arrival = { method: request.method, path: url.pathname, params, raw: request.url };
      const next = waiting.shift();
      if (next) next(arrival); else received.push(arrival);
    });
  });
  await new Promise((done) => listener.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${listener.address().port}`;
  return {
    origin,
    callback: `${origin}/callback`,
    received,
    /** The next request that the browser brings. */
    next: () => (received.length ? Promise.resolve(received.shift()) : new Promise((done) => waiting.push(done))),
    close: () => listener.close(),
  };
}

export function authorizationUrl(provider, { callback }, more = {}) {
  const url = new URL(provider.endpoints.authorization);
  const params = { response_type: 'code', client_id: 'web', redirect_uri: callback, scope: 'openid email', state: 's t+a/te', ...more };
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
}

/** Exchanges a code, or refreshes. */
export async function token(provider, form, id = 'web', secret = 's3cret') {
  const response = await fetch(provider.endpoints.token, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams(form),
  });
  return { status: response.status, ...(await response.json()) };
}

/** What axe finds wrong with the page, as text. */
export async function violations(page) {
  await page.evaluate(axe);
  const results = await page.evaluate(() => globalThis.axe.run());
  return results.violations.map((found) => `${found.id}: ${found.help} (${found.nodes.map((node) => node.html).join(' | ')})`);
}

export function claims(jwt) {
  return JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
}
