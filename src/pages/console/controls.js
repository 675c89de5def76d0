// What a person can change: the clock, faults, tokens, keys, logins, clients, users, sandboxes, scenarios.
// Every change is a request that a test can send, too.

import { ask, consoleOf, segment } from './api.js';
import { byId, el, field, say, show } from './dom.js';
import { findings } from './detail.js';

const PRESETS = [
  ['Status 503, with Retry-After', { kind: 'status', status: 503, headers: { 'Retry-After': '1' } }],
  ['Status 429, with Retry-After', { kind: 'status', status: 429, headers: { 'Retry-After': '1' } }],
  ['Error invalid_grant', { kind: 'error', error: 'invalid_grant' }],
  ['Error temporarily_unavailable', { kind: 'error', error: 'temporarily_unavailable' }],
  ['Page of a gateway', { kind: 'gateway_page' }],
  ['Close the connection', { kind: 'close' }],
  ['Reset the connection', { kind: 'reset' }],
  ['Lose the response', { kind: 'lost_response' }],
  ['Delay of 2 s', { kind: 'delay', seconds: 2 }],
  ['Slow body', { kind: 'drip', bytes_per_second: 100 }],
  ['Half of the JSON', { kind: 'malformed' }],
  ['Body breaks off', { kind: 'truncate', bytes: 20 }],
  ['Content-Type text/plain', { kind: 'content_type', content_type: 'text/plain' }],
  ['expires_in as text', { kind: 'answer', set: { expires_in: '899' } }],
  ['Expired access token', { kind: 'token', token: 'access_token', defect: { kind: 'expired' } }],
  ['Access token of a foreign key', { kind: 'token', token: 'access_token', defect: { kind: 'foreign_key' } }],
  ['Access token without a signature', { kind: 'token', token: 'access_token', defect: { kind: 'alg_none' } }],
  ['ID token with a wrong nonce', { kind: 'token', token: 'id_token', defect: { kind: 'wrong_nonce' } }],
  ['Redirect with a wrong state', { kind: 'redirect', redirect: 'wrong_state' }, 'authorization'],
  ['Redirect with an expired code', { kind: 'redirect', redirect: 'expired_code' }, 'authorization'],
  ['Late keys', { kind: 'keys', keys: 'late' }, 'jwks'],
];
const ENDPOINTS = ['token', 'authorization', 'userinfo', 'introspection', 'revocation', 'end_session', 'backchannel_logout', 'jwks', 'metadata', 'unknown'];
const DEFECTS = ['expired', 'not_yet_valid', 'issued_in_future', 'wrong_issuer', 'wrong_audience', 'wrong_type', 'unknown_kid', 'foreign_key', 'damaged_signature', 'alg_none', 'hs256_with_public_key', 'wrong_nonce', 'wrong_at_hash', 'wrong_c_hash', 'wrong_azp'];
const KINDS = ['response', 'access_token', 'refresh_token', 'id_token'];

const option = (value, text = value) => el('option', { value }, text);
const button = (text, click) => el('button', { type: 'button', click }, text);

/** The values of a form that are not empty. */
const values = (form) => Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));

/** A form that sends what its fields say. */
const form = (name, send, ...content) => el('form', { 'aria-label': name, submit: (event) => { event.preventDefault(); send(event.target); } }, content);

export class Controls {
  /** @param {{state: any, read: () => Promise<void>, take: (state: any) => void}} clock */
  constructor(section, clock) {
    this.clock = clock;
    this.places = {};
    section.append(...[this.time(), this.faults(), this.scenarios(), this.logins(), this.tokens(), this.keys(), this.named('clients', 'client_id', NEW_CLIENT), this.named('users', 'sub', NEW_USER), this.sandboxes(), this.anew()]);
  }

  /** Sends a change, says what it did, and shows the new state. Returns undefined if it was refused. */
  async change(method, path, body, done) {
    try {
      const answer = await ask(method, path, body);
      say(done);
      await this.update();
      return answer ?? true;
    } catch (why) {
      say(why.pointer ? `${why.message} (at ${why.pointer})` : why.message, true);
      return undefined;
    }
  }

  card(title, ...content) {
    const id = `control-${title.toLowerCase().replace(/\W+/g, '-')}`;
    return el('section', { class: 'card', 'aria-labelledby': id }, el('h2', { id, tabindex: -1 }, title), content);
  }

  live(name) {
    this.places[name] = el('div', { class: 'live' });
    return this.places[name];
  }

  /** Reads the whole state, and shows what has changed. */
  async update() {
    const names = ['clock', 'faults', 'logins', 'sessions', 'keys', 'clients', 'users', 'sandboxes?limit=200', 'scenarios'];
    const [clock, faults, logins, sessions, keys, clients, users, sandboxes, scenarios] = await Promise.all(names.map((name) => ask('GET', name)));
    this.clock.take(clock);
    show(this.places.clock, [clock.frozen], () => el('p', {}, clock.frozen ? 'The clock is frozen.' : 'The clock runs.'));
    show(this.places.faults, faults, () => this.rules(faults.faults));
    show(this.places.logins, logins, () => this.waiting(logins.logins));
    show(this.places.sessions, sessions, () => this.loggedIn(sessions.sessions));
    show(this.places.keys, keys, () => this.keyList(keys.keys));
    show(this.places.clients, clients, () => this.rows('clients', 'client_id', clients.clients));
    show(this.places.users, users, () => this.rows('users', 'sub', users.users));
    show(this.places.sandboxes, sandboxes, () => this.sandboxList(sandboxes));
    show(this.places.scenarios, scenarios, () => this.scenarioList(scenarios.scenarios));
    const ids = ['', ...clients.clients.map((client) => client.client_id)];
    this.offer('mint-client', ids, 'the first');
    for (const id of ['fault-client', 'login-client']) this.offer(id, ids, 'any');
    for (const id of ['login-user', 'mint-user']) this.offer(id, ['', ...users.users.map((user) => user.sub)], 'the first');
  }

  /** Offers values in a select, and keeps what is chosen. */
  offer(id, offered, none) {
    const select = byId(id);
    const chosen = select.value;
    show(select, offered, () => offered.map((value) => option(value, value || none)));
    select.value = offered.includes(chosen) ? chosen : '';
  }

  time() {
    const move = (seconds) => () => this.change('POST', 'clock/advance', { seconds }, `The clock was moved by ${seconds} s.`);
    const freeze = async () => {
      await this.clock.read();
      await this.change('PUT', 'clock', { now: this.clock.state.now }, 'The clock is frozen.');
    };
    const set = (target) => this.change('PUT', 'clock', { now: values(target).now ?? '' }, 'The clock is frozen at that instant.');
    return this.card('Clock', this.live('clock'),
      el('div', { class: 'buttons' }, button('Freeze', freeze), button('+1 min', move(60)), button('+15 min', move(900)),
        button('Return to real time', () => this.change('DELETE', 'clock', undefined, 'The clock runs in real time.'))),
      form('Freeze at an instant', set, field('Instant', el('input', { name: 'now', required: true, placeholder: '2026-01-01T00:00:00Z' })), el('button', {}, 'Freeze at this instant')));
  }

  faults() {
    const add = (target) => {
      const { preset, on, client_id: client, times } = values(target);
      const rule = { on, fault: PRESETS[Number(preset)][1] };
      if (client) rule.when = { client_id: client };
      if (times) rule.times = Number(times);
      return this.change('POST', 'faults', rule, 'The fault is added.');
    };
    const own = (target) => {
      const rule = parsed(values(target).rule);
      return rule && this.change('POST', 'faults', rule, 'The fault is added.');
    };
    const endpoint = el('select', { name: 'on' }, ENDPOINTS.map((name) => option(name)));
    const preset = el('select', { name: 'preset', change: () => { endpoint.value = PRESETS[Number(preset.value)][2] ?? 'token'; } }, PRESETS.map(([name], index) => option(index, name)));
    return this.card('Faults', this.live('faults'),
      form('Add a fault', add, field('Fault', preset), field('Endpoint', endpoint), field('Client', el('select', { name: 'client_id', id: 'fault-client' })),
        field('Times', el('input', { name: 'times', type: 'number', min: 1, value: 1 })), el('button', {}, 'Add this fault')),
      el('details', {}, el('summary', {}, 'A rule of your own'), form('Add a rule', own,
        field('Rule in JSON', area('rule', { on: 'token', times: 1, fault: { kind: 'error', error: 'invalid_grant' } })), el('button', {}, 'Add this rule'))),
      el('div', { class: 'buttons' }, button('Remove all faults', () => this.change('DELETE', 'faults', undefined, 'All faults are removed.'))));
  }

  rules(rules) {
    if (rules.length === 0) return el('p', { class: 'quiet' }, 'No fault waits.');
    return table('Faults', ['Fault', 'Where', 'Left', ''], rules.map((rule) => [
      el('code', {}, JSON.stringify(rule.fault)),
      rule.on + (rule.when ? ` ${JSON.stringify(rule.when)}` : ''),
      leftOf(rule),
      el('button', { type: 'button', id: `remove-fault-${rule.id}`, 'aria-label': `Remove fault ${rule.id}`, click: () => this.change('DELETE', `faults/${rule.id}`, undefined, 'The fault is removed.') }, 'Remove'),
    ]));
  }

  scenarios() {
    return this.card('Scenarios', this.live('scenarios'));
  }

  scenarioList(scenarios) {
    const play = (name) => this.change('POST', `scenarios/${segment(name)}`, undefined, `The scenario ${name} is played.`);
    return el('ul', { class: 'plain' }, scenarios.map(({ name, description }) => el('li', {},
      el('button', { type: 'button', 'aria-label': `Play ${name}`, click: () => play(name) }, 'Play'), ' ', el('strong', {}, name), el('p', { class: 'quiet' }, description))));
  }

  logins() {
    const add = (target) => {
      const { deny, times, ...login } = values(target);
      return this.change('POST', 'logins', { ...login, ...(deny ? { deny: true } : {}), ...(times ? { times: Number(times) } : {}) }, 'The next login is scripted.');
    };
    return this.card('Logins', this.live('logins'),
      form('Script the next login', add, field('User', el('select', { name: 'user', id: 'login-user' })), field('Client', el('select', { name: 'client_id', id: 'login-client' })),
        field('Error', el('input', { name: 'error', placeholder: 'none' })), field('Times', el('input', { name: 'times', type: 'number', min: 1 })),
        el('label', { class: 'check' }, el('input', { type: 'checkbox', name: 'deny' }), ' The user denies'), el('button', {}, 'Script the next login')),
      el('div', { class: 'buttons' }, button('Remove scripted logins', () => this.change('DELETE', 'logins', undefined, 'No login is scripted.'))),
      el('h3', {}, 'Sessions'), this.live('sessions'));
  }

  waiting(logins) {
    return logins.length ? el('ul', {}, logins.map((login) => el('li', {}, el('code', {}, JSON.stringify(login))))) : el('p', { class: 'quiet' }, 'No login is scripted: the login page asks.');
  }

  loggedIn(sessions) {
    if (sessions.length === 0) return el('p', { class: 'quiet' }, 'No user is logged in.');
    const end = (sid) => this.change('DELETE', `sessions/${segment(sid)}`, undefined, 'The session has ended.');
    return table('Sessions', ['User', 'Session', ''], sessions.map(({ sub, sid }) => [sub, sid, el('button', { type: 'button', 'aria-label': `End the session of ${sub}`, click: () => end(sid) }, 'End')]));
  }

  tokens() {
    const output = el('div', { 'aria-live': 'polite' });
    const mint = async (target) => {
      const { defect, ...order } = values(target);
      if (defect) order.defect = { kind: defect };
      const minted = await this.change('POST', 'tokens', order, 'The token is minted.');
      if (!minted) return;
      const tokens = minted.token ? [[order.kind ?? 'token', minted.token]] : KINDS.filter((kind) => minted[kind]).map((kind) => [kind, minted[kind]]);
      output.replaceChildren(...await Promise.all(tokens.map(([name, text]) => this.inspected(name, text))));
    };
    const inspect = async (target) => output.replaceChildren(await this.inspected('token', values(target).token ?? ''));
    return this.card('Tokens',
      form('Mint a token', mint, field('Kind', el('select', { name: 'kind' }, KINDS.map((kind) => option(kind)))), field('Client', el('select', { name: 'client_id', id: 'mint-client' })),
        field('User', el('select', { name: 'sub', id: 'mint-user' })), field('Scope', el('input', { name: 'scope', placeholder: 'all of the client' })),
        field('Defect', el('select', { name: 'defect' }, option('', 'none'), DEFECTS.map((defect) => option(defect)))), el('button', {}, 'Mint')),
      form('Inspect a token', inspect, field('Token to inspect', el('textarea', { name: 'token', rows: 3, required: true, spellcheck: 'false' })), el('button', {}, 'Inspect')),
      output);
  }

  async inspected(name, text) {
    const token = el('textarea', { readonly: true, rows: 3, 'aria-label': `The ${name}` });
    token.value = text;
    try {
      const found = await ask('POST', 'tokens/inspect', { token: text });
      return el('section', { class: 'token' }, el('h3', {}, name), token, ...findings(name, found, this.clock));
    } catch (why) {
      return el('p', { class: 'bad' }, why.message);
    }
  }

  keys() {
    return this.card('Keys', this.live('keys'), el('div', { class: 'buttons' }, button('Rotate the keys', () => this.change('POST', 'keys/rotate', {}, 'A new key signs.'))));
  }

  keyList(keys) {
    const retire = (kid) => this.change('DELETE', `keys/${segment(kid)}`, undefined, 'The key is not published any more.');
    return table('Keys', ['Key', 'State', ''], keys.map(({ kid, signs, published }) => [el('code', {}, kid), signs ? 'signs' : published ? 'published' : 'not published',
      signs || !published ? '' : el('button', { type: 'button', 'aria-label': `Retire ${kid}`, click: () => retire(kid) }, 'Retire')]));
  }

  /** Clients or users: they are listed, changed as JSON, added and removed. */
  named(kind, key, example) {
    const one = kind.slice(0, -1);
    const put = (target) => {
      const value = parsed(values(target)[one]);
      return value && this.change('PUT', `${kind}/${segment(String(value[key] ?? ''))}`, value, `The ${one} is registered.`);
    };
    const title = kind[0].toUpperCase() + kind.slice(1);
    return this.card(title, this.live(kind), form(`Add or change a ${one}`, put, field(`The ${one} in JSON`, area(one, example, `edit-${kind}`)), el('button', {}, `Add or change this ${one}`)));
  }

  rows(kind, key, values) {
    const edit = (value) => {
      const editor = byId(`edit-${kind}`);
      editor.value = JSON.stringify(value, null, 2);
      editor.focus();
    };
    return table(kind, [key, 'Scope or claims', ''], values.map((value) => [value[key], value.scope ?? Object.keys(value.claims ?? {}).join(' '), el('div', { class: 'buttons' },
      el('button', { type: 'button', 'aria-label': `Edit ${value[key]}`, click: () => edit(value) }, 'Edit'),
      el('button', { type: 'button', 'aria-label': `Remove ${value[key]}`, click: () => this.change('DELETE', `${kind}/${segment(value[key])}`, undefined, `${value[key]} is removed.`) }, 'Remove'))]));
  }

  sandboxes() {
    const add = (target) => this.change('POST', 'sandboxes', values(target), 'The sandbox is made.');
    return this.card('Sandboxes', this.live('sandboxes'), form('Make a sandbox', add, field('Label', el('input', { name: 'label', maxlength: 128 })), el('button', {}, 'Make a sandbox')));
  }

  sandboxList({ sandboxes, next }) {
    if (sandboxes.length === 0) return el('p', { class: 'quiet' }, 'There is no sandbox besides the default one.');
    return [table('Sandboxes', ['Sandbox', 'Label', ''], sandboxes.map(({ id, label }) => [el('a', { href: consoleOf(id) }, id), label ?? '',
      el('button', { type: 'button', 'aria-label': `Remove sandbox ${label ?? id}`, click: () => this.change('DELETE', `sandboxes/${segment(id)}`, undefined, 'The sandbox is removed.') }, 'Remove')])),
    next ? el('p', { class: 'quiet' }, 'There are more.') : null];
  }

  anew() {
    return this.card('Reset', el('p', {}, 'Clients, users, tokens, keys, clock, faults and journal return to their initial state.'),
      button('Reset', () => this.change('POST', 'reset', undefined, 'Everything is as at the start.')));
  }
}

const NEW_CLIENT = { client_id: 'my-client', client_secret: 'my-secret', grant_types: ['authorization_code', 'refresh_token'], redirect_uris: ['http://localhost:3000/callback'], scope: 'openid email' };
const NEW_USER = { sub: 'my-user', claims: { name: 'My User', email: 'my.user@example.com' } };

/** How often a rule will still act. */
const leftOf = (rule) => `${rule.times_left ?? 'every time'}${rule.skip_left ? `, after ${rule.skip_left} more` : ''}`;

function area(name, example, id) {
  const element = el('textarea', { name, id, rows: 6, required: true, spellcheck: 'false' });
  element.value = JSON.stringify(example, null, 2);
  return element;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (why) {
    say(`This is not JSON: ${why.message}`, true);
    return undefined;
  }
}

function table(name, heads, rows) {
  return el('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': `List: ${name}` }, el('table', {},
    el('thead', {}, el('tr', {}, heads.map((head) => (head ? el('th', { scope: 'col' }, head) : el('td'))))),
    el('tbody', {}, rows.map((cells) => el('tr', {}, cells.map((cell) => el('td', {}, cell)))))));
}
