// One request in detail: what was sent, what became of it and why, and the tokens of the answer.

import { ask } from './api.js';
import { byId, copy, el, keepFocus, say, terms } from './dom.js';
import { asCurl, asExpectation } from './export.js';
import { place } from './filters.js';
import { markOf } from './list.js';

/** What registered claims and header parameters are (RFC 7519 §4.1, OpenID Connect Core §2). */
const MEANINGS = {
  iss: 'issuer', sub: 'subject: the user or the client', aud: 'audience', exp: 'expiration time', nbf: 'not valid before',
  iat: 'issued at', jti: 'id of the token', azp: 'authorized party', nonce: 'value of the authorization request',
  auth_time: 'time of the login', acr: 'authentication class', amr: 'authentication methods', at_hash: 'hash of the access token',
  c_hash: 'hash of the code', sid: 'session', scope: 'scope', client_id: 'client', ati: 'id of the access token',
  alg: 'algorithm', typ: 'type', kid: 'key',
};
const TIMES = new Set(['exp', 'nbf', 'iat', 'auth_time']);

export class Detail {
  /** @param {{now: () => number, read: () => Promise<void>, advance: (seconds: number) => Promise<void>}} clock */
  constructor(journal, clock) {
    this.journal = journal;
    this.clock = clock;
    this.element = el('article', { class: 'detail', 'aria-label': 'Request' });
    this.empty();
  }

  empty() {
    const url = this.journal.overview?.endpoints.jwks ?? '';
    const isFirst = this.journal.entries.size === 0 && url !== '';
    if (this.shown === undefined && this.isFirst === isFirst) return;
    this.shown = undefined;
    this.isFirst = isFirst;
    const nothing = isFirst
      ? [el('p', {}, 'No request has arrived, or the journal keeps none. Send one:'), el('pre', { tabindex: 0, role: 'region', 'aria-label': 'Command' }, `curl ${url}`)]
      : [el('p', { class: 'quiet' }, 'Choose a request of the list.')];
    this.element.replaceChildren(...nothing);
  }

  /** Shows an entry, unless it is shown already. */
  async show(entry) {
    if (this.shown === entry) return;
    const isOther = this.shown?.number !== entry.number;
    this.shown = entry;
    this.isFirst = undefined;
    if (entry.outcome === 'pending' && isOther) this.journal.renew(entry.number).catch(() => {});
    const tokens = el('div');
    if (entry.outcome === 'issued') tokens.append(...await this.tokens(entry));
    if (this.shown !== entry) return;
    keepFocus(this.element, () => this.element.replaceChildren(...this.parts(entry, tokens)));
  }

  /** The tokens of the answer to a request. */
  async tokens(entry) {
    const title = el('h3', {}, 'Tokens of the answer');
    try {
      await this.clock.read();
      const { tokens } = await ask('GET', `requests/${entry.number}/tokens`);
      if (tokens.length) return [title, ...tokens.map((token) => this.token(token))];
      return [title, el('p', { class: 'quiet' }, 'They are not kept any more, or the answer was no token response.')];
    } catch (why) {
      return [title, el('p', { class: 'bad' }, why.message)];
    }
  }

  /** Shows the same entry anew: the time has changed. */
  again() {
    const entry = this.shown;
    this.shown = undefined;
    if (entry) this.show(entry);
  }

  parts(entry, tokens) {
    const output = el('div');
    const { base_url: baseUrl } = this.journal.overview;
    return [
      el('h2', { id: 'detail-title', tabindex: -1 }, `Request ${entry.number}`),
      el('p', { class: 'verdict', 'data-outcome': entry.outcome }, el('span', { 'aria-hidden': 'true' }, `${markOf(entry)} `),
        `${entry.outcome}${entry.status ? `, status ${entry.status}` : ''}${entry.error ? `, ${entry.error}` : ''}`),
      this.why(entry),
      entry.faults?.length ? el('p', {}, 'Fault: ', el('code', {}, entry.faults.join(', '))) : null,
      this.advice(entry),
      el('div', { class: 'buttons' },
        el('button', { type: 'button', id: 'copy-curl', click: () => copy(asCurl(entry, baseUrl), output) }, 'Copy as curl'),
        el('button', { type: 'button', id: 'copy-expectation', click: () => copy(asExpectation(entry), output) }, 'Copy as expectation'),
        el('button', { type: 'button', id: 'copy-json', click: () => copy(JSON.stringify(entry, null, 2), output) }, 'Copy as JSON'),
        entry.grant_id ? el('a', { href: place.link({ view: 'grants', grant: entry.grant_id }) }, 'Show the grant') : null),
      output,
      terms([
        ['Request', el('code', {}, `${entry.method} ${entry.path}`)],
        ['Endpoint', entry.endpoint],
        ['Client', entry.client_id],
        ['Authentication', entry.auth_method],
        ['Grant', entry.grant_type],
        ['Scope', entry.scope],
        ['User', entry.sub],
        ['Grant id', entry.grant_id],
        ['Presented', entry.presented],
        ['Arrived', `${entry.at} by the clock of the server, ${entry.real_time} in real time`],
        ['Answered', entry.outcome === 'pending' ? 'not yet' : `after ${entry.duration_ms} ms`],
      ]),
      tokens,
      entry.parameters?.length ? [el('h3', {}, 'Parameters'), this.parameters(entry)] : null,
    ].flat().filter(Boolean);
  }

  why(entry) {
    if (!entry.refusal && !entry.reason) return null;
    const name = entry.refusal && el('a', { href: `reference#refusal-${entry.refusal}` }, el('code', {}, entry.refusal));
    return el('p', { class: 'why' }, name, name && entry.reason ? ': ' : '', entry.reason ?? '');
  }

  advice(entry) {
    if (!entry.advice?.length) return null;
    return el('section', { class: 'warning' }, el('h3', {}, 'Advice'), el('ul', {}, entry.advice.map((advice) => el('li', {},
      el('a', { href: `reference#advice-${advice.code}` }, el('code', {}, advice.code)), ` ${advice.text} `,
      advice.clause ? el('span', { class: 'quiet' }, `(${advice.clause})`) : null))));
  }

  parameters(entry) {
    const omitted = entry.parameters_omitted;
    return el('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Parameters' },
      el('table', {}, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Name'), el('th', { scope: 'col' }, 'Value'))),
        el('tbody', {}, entry.parameters.map(({ name, value }) => el('tr', {}, el('td', {}, el('code', {}, name)), el('td', {}, value))))),
      omitted ? el('p', { class: 'quiet' }, `${omitted} more are not kept.`) : null);
  }

  token(token) {
    return el('section', { class: 'token' }, el('h4', {}, token.name), ...findings(token.name, token, this.clock));
  }
}

/** What is known of a token of that name. */
export function findings(name, token, clock) {
  const lines = [['right', '✓ '], ['wrong', '✕ Wrong: '], ['odd', '! Odd: ']];
  return [
    el('ul', { class: 'findings' }, lines.flatMap(([kind, mark]) => token[kind].map((text) => el('li', { class: kind }, mark + text)))),
    lifetime(name, token, clock),
    members('Header', name, token.header),
    members('Claims', name, token.claims),
  ].filter(Boolean);
}

function lifetime(name, token, clock) {
  if (token.expires_at === undefined) return null;
  const from = Number(token.claims?.iat ?? token.expires_at);
  const life = Math.max(1, token.expires_at - from);
  const left = token.expires_at - clock.now();
  const meter = el('meter', { min: 0, max: life, value: Math.max(0, Math.min(life, left)), 'aria-label': 'Remaining lifetime' });
  const instant = instantOf(token.expires_at);
  const text = left > 0 ? `It expires at ${instant}.` : `It expired at ${instant}.`;
  const expire = async () => {
    await clock.read();
    await clock.advance(token.expires_at - clock.now());
    say('The clock is at the expiry of the token.');
  };
  return el('p', { class: 'lifetime' }, meter, ` ${text} `, left > 0 ? el('button', { type: 'button', id: `expire-${name}`, click: expire }, 'Advance the clock to its expiry') : null);
}

/** An instant in seconds since 1970, in RFC 3339. */
const instantOf = (seconds) => (Number.isFinite(seconds) && Math.abs(seconds) < 8e12 ? new Date(seconds * 1000).toISOString().replace('.000', '') : 'a time beyond the calendar');

function members(title, token, object) {
  if (!object) return null;
  const row = ([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const instant = TIMES.has(name) && Number.isFinite(value) ? instantOf(value) : '';
    return el('tr', {}, el('th', { scope: 'row' }, el('code', {}, name), MEANINGS[name] ? el('small', {}, ` ${MEANINGS[name]}`) : null),
      el('td', {}, text, instant ? el('small', {}, ` ${instant}`) : null));
  };
  return el('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': `${title} of ${token}` }, el('table', {}, el('caption', {}, title), el('tbody', {}, Object.entries(object).map(row))));
}

/** Moves focus to the detail, for who came by the keyboard. */
export const focusDetail = () => byId('detail-title')?.focus();
