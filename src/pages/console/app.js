// The console: it follows the journal, shows the view that the URL names, and reads the keys.

import { ask, consoleOf, token } from './api.js';
import { Controls } from './controls.js';
import { Detail, focusDetail } from './detail.js';
import { byId, copy, download, el, say, show } from './dom.js';
import { asHar } from './export.js';
import { filter, FilterBar, filterKey, place } from './filters.js';
import { Journal } from './journal.js';
import { Grants } from './lineage.js';
import { RequestList } from './list.js';

const VIEWS = ['requests', 'grants', 'controls'];
/** Milliseconds between two looks at what events do not say: the clock, the controls, forgotten requests. */
const PERIOD = 2000;

/** The clock of the sandbox, as it was read last. */
const clock = {
  state: undefined,
  readAt: 0,
  async read() {
    this.take(await ask('GET', 'clock'));
  },
  take(state) {
    const isMoved = this.state !== undefined && (state.frozen !== this.state.frozen || Math.abs(state.unix - this.now()) > 1);
    this.state = state;
    this.readAt = performance.now();
    showClock();
    // What is right of a token depends on the time.
    if (isMoved) detail.again();
  },
  /** Seconds since 1970. */
  now() {
    if (!this.state) return Math.floor(Date.now() / 1000);
    return this.state.unix + (this.state.frozen ? 0 : Math.floor((performance.now() - this.readAt) / 1000));
  },
  async advance(seconds) {
    try {
      this.take(await ask('POST', 'clock/advance', { seconds }));
    } catch (why) {
      say(why.message, true);
    }
  },
};

const journal = new Journal();
const detail = new Detail(journal, clock);
const bar = new FilterBar(journal);
const list = new RequestList((entry) => place.set({ request: entry.number }));
const count = el('p', { class: 'quiet', id: 'count' });
const heads = el('div', { class: 'row heads', 'aria-hidden': 'true' }, ['No.', 'Time', 'Endpoint', 'Client', 'Status', 'Outcome', 'Advice'].map((head) => el('span', {}, head)));
const exported = el('div');

byId('requests').append(bar.element,
  el('div', { class: 'buttons' }, count,
    el('button', { type: 'button', click: () => download('oauth-mimic.har', 'application/json', asHar([...list.entries].reverse(), journal.overview)) }, 'Export as HAR'),
    el('button', { type: 'button', click: () => copy(location.href, exported) }, 'Copy the link'),
    el('button', { type: 'button', click: clear }, 'Clear the journal')),
  exported,
  el('div', { class: 'columns' }, el('div', { class: 'left' }, heads, list.element), detail.element));
const grants = new Grants(byId('grants'), journal);
const controls = new Controls(byId('controls'), clock);

async function clear() {
  try {
    await ask('DELETE', 'requests');
    await journal.trim();
  } catch (why) {
    say(why.message, true);
  }
}

const view = () => (VIEWS.includes(place.get('view')) ? place.get('view') : 'requests');

let shownView;
let listed;

/** Shows what the journal and the URL say. */
function render() {
  const shown = view();
  for (const name of VIEWS) byId(name).hidden = name !== shown || isLocked();
  for (const link of document.querySelectorAll('[data-view]')) {
    if (link.dataset.view === shown) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const title = shown[0].toUpperCase() + shown.slice(1);
  byId('title').textContent = title;
  document.title = `${title} - oauth-mimic`;
  const isOther = shownView !== undefined && shownView !== shown;
  shownView = shown;
  if (shown === 'grants') grants.update();
  if (shown === 'requests') showRequests();
  if (!isOther) return;
  // Keys and tokens may have changed meanwhile.
  if (shown === 'requests') detail.again();
  byId('title').focus();
  look();
}

function showRequests() {
  const key = `${journal.version} ${filterKey()}`;
  if (listed !== key) {
    listed = key;
    bar.update();
    const wanted = filter();
    const entries = [];
    for (let index = journal.numbers.length - 1; index >= 0; index -= 1) {
      const entry = journal.get(journal.numbers[index]);
      if (wanted(entry)) entries.push(entry);
    }
    list.update(entries);
    count.textContent = entries.length === journal.entries.size ? `${entries.length} requests` : `${entries.length} of ${journal.entries.size} requests`;
  }
  const chosen = journal.get(Number(place.get('request')));
  list.select(chosen?.number);
  if (chosen) detail.show(chosen);
  else detail.empty();
}

function showClock() {
  if (!clock.state) return;
  const time = new Date(clock.now() * 1000).toISOString().replace('.000', '');
  byId('clock').textContent = `${time}${clock.state.frozen ? ', frozen' : ''}`;
}

const isLocked = () => !byId('unlock').hidden;

function connection(text, state) {
  const element = byId('connection');
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  element.textContent = text;
}

/** Shows where this page is. */
function showOverview(overview) {
  byId('version').textContent = overview.version;
  byId('issuer').textContent = overview.issuer;
}

async function showSandboxes() {
  const own = journal.overview?.sandbox ?? '';
  const { sandboxes } = await ask('GET', 'sandboxes?limit=200');
  const offered = [['', 'default'], ...sandboxes.map(({ id, label }) => [id, label ? `${label} (${id})` : id])];
  if (!offered.some(([id]) => id === own)) offered.push([own, own]);
  const select = byId('sandbox');
  show(select, offered, () => offered.map(([id, text]) => el('option', { value: id }, text)));
  if (select !== document.activeElement) select.value = own;
}

/** Looks at what no event reports. */
async function look() {
  if (document.hidden || isLocked() || byId('connection').dataset.state !== 'connected') return;
  try {
    if (view() === 'controls') await controls.update();
    else await clock.read();
    await showSandboxes();
    await journal.trim();
  } catch {
    // The stream says that the connection is lost.
  }
}

journal.addEventListener('change', render);
journal.addEventListener('connected', ({ detail: overview }) => {
  connection('Connected', 'connected');
  showOverview(overview);
  byId('try').hidden = token.get() !== null;
  look();
  render();
});
journal.addEventListener('reset', () => {
  say('The journal has begun anew: the sandbox was reset, or the server was restarted.');
  place.set({ request: '', grant: '' });
  look();
});
journal.addEventListener('gone', () => {
  connection('This sandbox was removed', 'lost');
  say('This sandbox was removed. Choose another one at the top.', true);
});
journal.addEventListener('lost', () => connection('The connection is lost. Trying again.', 'lost'));
journal.addEventListener('locked', () => {
  connection('Locked', 'locked');
  byId('unlock').querySelector('[role=alert]').textContent = token.get() ? 'The server refuses this token.' : '';
  token.forget();
  byId('unlock').hidden = false;
  render();
  byId('token').focus();
});

byId('unlock').addEventListener('submit', (event) => {
  event.preventDefault();
  token.set(byId('token').value);
  byId('token').value = '';
  byId('unlock').hidden = true;
  journal.follow();
});
byId('sandbox').addEventListener('change', (event) => {
  // The filter goes along; the request does not, because its number is another one there.
  place.set({ request: '', grant: '' });
  location.href = consoleOf(event.target.value) + location.hash;
});
byId('help').querySelector('button').addEventListener('click', () => byId('help').close());
for (const link of document.querySelectorAll('[data-view]')) {
  link.addEventListener('click', (event) => {
    event.preventDefault();
    place.set({ view: link.dataset.view }, true);
  });
}
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  byId('main').focus();
});
addEventListener('hashchange', render);
addEventListener('place', render);
document.addEventListener('visibilitychange', look);

const isTyping = (target) => target.closest('input, textarea, select') !== null;

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isLocked()) return;
  if (event.key === 'Escape' && event.target === bar.text) {
    // The browser would empty the field.
    event.preventDefault();
    list.element.focus();
    return;
  }
  if (isTyping(event.target) || byId('help').open) return;
  const actions = {
    '?': () => byId('help').showModal(),
    '/': () => bar.focus(),
    j: () => list.go(1),
    k: () => list.go(-1),
    ...Object.fromEntries(VIEWS.map((name, index) => [String(index + 1), () => place.set({ view: name }, true)])),
  };
  const isOfRequests = ['/', 'j', 'k'].includes(event.key);
  if (event.key === 'Enter' && event.target === list.element) focusDetail();
  else if (event.key in actions && (!isOfRequests || view() === 'requests')) actions[event.key]();
  else return;
  event.preventDefault();
});

setInterval(showClock, 1000);
setInterval(look, PERIOD);
render();
journal.follow();
