// The control plane of oauth-mimic, as far as these tests need it.

const SERVER = process.env.OAUTH_MIMIC_URL.replace(/\/$/, '');

export const STANDARD = {
  profile: 'standard',
  clients: [
    {
      client_id: 'shop',
      client_secret: 'shop-secret',
      scope: 'openid email',
      access_token_audience: ['https://api.example'],
    },
  ],
  users: [{ sub: 'alice', claims: { email: 'alice@example.com' } }],
  refresh_tokens: [{ token: 'SHOP', client_id: 'shop', sub: 'alice', scope: 'openid email' }],
};

export const BUSY = { kind: 'status', status: 503, headers: { 'Retry-After': '1' } };

/** Makes a server for one test, which goes when the test ends. */
export async function sandbox(test, order = {}) {
  // Should the test die before it cleans up, the server does.
  const made = new Sandbox(await json('POST', `${SERVER}/_mimic/sandboxes`, { ttl: 600, ...order }));
  test.after(() => json('DELETE', `${SERVER}/_mimic/sandboxes/${made.id}`));
  return made;
}

class Sandbox {
  constructor({ id, base_url, issuer, endpoints }) {
    this.id = id;
    this.baseUrl = base_url;
    this.issuer = issuer;
    this.jwksUrl = new URL(endpoints.jwks);
  }

  control(method, path, body) {
    return json(method, `${this.baseUrl}/_mimic/${path}`, body);
  }

  advance(seconds) {
    return this.control('POST', 'clock/advance', { seconds });
  }

  fault(fault, { on = 'token', times = 1 } = {}) {
    return this.control('POST', 'faults', { on, times, fault });
  }

  scenario(name) {
    return this.control('POST', `scenarios/${name}`);
  }

  /** One token, or with the kind `response` a whole answer. */
  async mint(kind, order = {}) {
    const minted = await this.control('POST', 'tokens', { kind, ...order });
    return kind === 'response' ? minted : minted.token;
  }

  /** Fails with what did arrive, when it is not as expected. */
  verify(expectation) {
    return this.control('POST', 'verify', expectation);
  }

  async arrived(query = {}) {
    const { requests } = await this.control('GET', `requests?${new URLSearchParams(query)}`);
    return requests;
  }
}

/** A clock for a sandbox that starts in the past. */
export function ago(seconds) {
  return new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+/, '');
}

async function json(method, url, body) {
  const answer = await fetch(url, { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}
