// A browser without JavaScript and without a person: it keeps cookies, follows redirects and submits forms.

import assert from 'node:assert/strict';

import { parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

const MOST_REDIRECTS = 20;

export class Robot {
  #cookies = new CookieJar();
  #fetch;
  #stopAt;

  /**
   * `stopAt`: how URLs begin that the robot does not open. `fetch`: what sends the requests. Default: it stops nowhere, and
   * sends them itself.
   */
  constructor({ stopAt, fetch = globalThis.fetch } = {}) {
    this.#stopAt = stopAt;
    this.#fetch = fetch;
  }

  /** The page at that URL, or after the redirects from there; without `status` where the robot stopped. */
  async open(url, { method = 'GET', form, stopAt = this.#stopAt } = {}) {
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      if (stopAt && url.startsWith(stopAt)) return { url };
      const response = await this.#fetch(url, {
        method,
        body: form,
        headers: { cookie: await this.#cookies.getCookieString(url) },
        redirect: 'manual',
        signal: AbortSignal.timeout(10_000),
      });
      for (const cookie of response.headers.getSetCookie()) await this.#cookies.setCookie(cookie, url);
      const location = response.headers.get('location');
      if (!location) return { url, status: response.status, text: await response.text() };
      url = new URL(location, url).href;
      // A browser follows 302 and 303 with GET, and takes 307 and 308 literally (RFC 9110 §15.4).
      if (response.status < 307) [method, form] = ['GET', undefined];
    }
    assert.fail(`more than ${MOST_REDIRECTS} redirects, the last to ${url}`);
  }

  /** Presses the button whose text begins with `label`, after it has filled in the fields. */
  async press(page, label, fields = {}, options = {}) {
    const document = parse(page.text ?? '');
    const button = document.querySelectorAll('button').find((held) => held.text.startsWith(label));
    assert.ok(button, `no button ${label} at ${page.url}: ${page.status}\n${page.text}`);
    const form = button.closest('form');
    const values = new URLSearchParams();
    for (const input of form.querySelectorAll('input')) {
      const name = input.getAttribute('name');
      values.set(name, fields[name] ?? input.getAttribute('value') ?? '');
    }
    if (button.getAttribute('name')) values.set(button.getAttribute('name'), button.getAttribute('value'));
    const action = new URL(form.getAttribute('action') ?? '', page.url).href;
    return this.open(action, { ...options, method: form.getAttribute('method')?.toUpperCase(), form: values });
  }
}
