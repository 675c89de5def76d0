// The control plane, as this page reaches it.

const TOKEN = 'oauth-mimic control token';

/** The directory of this page, which is the root of the control plane of one sandbox. */
const root = new URL('.', location.href);

/** A refusal of the control plane (RFC 9457). */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? `status ${status}`);
    this.status = status;
    this.pointer = body.pointer;
  }
}

/** The control token is kept for this tab. */
export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (value) => sessionStorage.setItem(TOKEN, value),
  forget: () => sessionStorage.removeItem(TOKEN),
};

/** Sends a request, and returns the response if it is not a refusal. */
export async function send(method, path, { body, headers = {}, signal } = {}) {
  // The log leaves out what the console only looks at.
  const sent = new Headers({ ...headers, 'x-oauth-mimic-console': '1' });
  try {
    if (token.get()) sent.set('authorization', `Bearer ${token.get()}`);
  } catch {
    throw new Problem(401, { detail: 'The token has a character that no header can have.' });
  }
  if (body !== undefined) sent.set('content-type', 'application/json');
  const url = new URL(`./${path}`, root);
  const response = await fetch(url, { method, headers: sent, signal, cache: 'no-store', body: body === undefined ? undefined : JSON.stringify(body) });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Problem(response.status, problem);
}

/** Sends a request, and returns the JSON of the answer. */
export async function ask(method, path, body) {
  const response = await send(method, path, { body });
  return response.status === 204 ? undefined : response.json();
}

/** Part of a path. */
export const segment = (text) => encodeURIComponent(text);

/** The address of the console of another sandbox; of the default one if the id is empty. */
export function consoleOf(id) {
  const path = root.pathname.replace(/\/s\/[^/]+(?=\/_mimic\/$)/, '');
  return path.replace(/_mimic\/$/, id ? `s/${segment(id)}/_mimic/` : '_mimic/');
}
