// The journal of the sandbox in this page: filled by server-sent events, and complete again after a lost connection.

import { ask, send, Problem } from './api.js';

/** Seconds after which the server sends a comment if nothing happens. */
const HEARTBEAT = 10;

export class Journal extends EventTarget {
  constructor() {
    super();
    /** @type {Map<number, any>} */
    this.entries = new Map();
    /** The numbers of the entries, the oldest first. */
    this.numbers = [];
    this.overview = undefined;
    this.completed = 0;
    /** The values that occur, by the name of the member. */
    this.seen = { client_id: new Set(), endpoint: new Set(), outcome: new Set() };
    /** Counts the changes. */
    this.version = 0;
    document.addEventListener('visibilitychange', () => this.look());
  }

  /** A hidden tab closes its stream: a browser opens few connections to one server. It resumes where it stopped. */
  look() {
    if (document.hidden) this.patience?.abort();
    else this.wake?.();
  }

  get(number) {
    return this.entries.get(number);
  }

  /** Follows the journal until the page is left. */
  async follow() {
    for (let failures = 0; ; failures += 1) {
      if (document.hidden) await new Promise((done) => { this.wake = done; });
      try {
        await this.connect(() => { failures = 0; });
      } catch (why) {
        if (why instanceof Problem && why.status === 401) {
          this.tell('locked', why);
          return;
        }
        if (why instanceof Problem && why.status === 404) {
          this.tell('gone', why);
          return;
        }
        if (!document.hidden) this.tell('lost', why);
      }
      await new Promise((done) => { setTimeout(done, Math.min(200 * 2 ** failures, 3000)); });
    }
  }

  async connect(connected) {
    const overview = await ask('GET', '');
    const isNew = this.overview?.run !== overview.run || this.overview?.epoch !== overview.epoch;
    const isOther = isNew && this.overview !== undefined;
    this.overview = overview;
    if (isNew) this.empty();
    if (isOther) this.tell('reset');
    const patience = new AbortController();
    this.patience = patience;
    const response = await send('GET', `requests/stream?heartbeat=${HEARTBEAT}`, {
      headers: { 'last-event-id': `${overview.epoch}.${this.completed}` },
      signal: patience.signal,
    });
    connected();
    this.tell('connected', overview);
    let timer;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => patience.abort(), HEARTBEAT * 2500);
    };
    try {
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (;;) {
        heard();
        const { done, value } = await reader.read();
        if (done) return;
        text += value;
        const end = text.lastIndexOf('\n\n');
        if (end < 0) continue;
        this.take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    } finally {
      clearTimeout(timer);
      patience.abort();
    }
  }

  /** Takes the events of a part of the stream. */
  take(text) {
    for (const block of text.split('\n\n')) {
      const event = {};
      for (const line of block.split('\n')) {
        const colon = line.indexOf(': ');
        if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 2);
      }
      if (event.id) this.arrivedAt(event.id);
      if (event.event === 'request' || event.event === 'completed') this.put(JSON.parse(event.data));
    }
    this.change();
  }

  /** Reads the id of an event: the epoch, and the number up to which all requests are completed. */
  arrivedAt(id) {
    const [epoch, completed] = id.split('.').map(Number);
    if (epoch !== this.overview.epoch) {
      this.overview.epoch = epoch;
      this.empty();
      this.tell('reset');
    }
    this.completed = completed;
  }

  put(entry) {
    const known = this.entries.get(entry.number);
    if (known && known.outcome !== 'pending') return;
    this.entries.set(entry.number, entry);
    for (const [name, values] of Object.entries(this.seen)) if (entry[name]) values.add(entry[name]);
    if (known) return;
    const at = this.numbers.length;
    if (at === 0 || this.numbers[at - 1] < entry.number) this.numbers.push(entry.number);
    else this.numbers.splice(this.place(entry.number), 0, entry.number);
  }

  /** The index of the first number that is not less. */
  place(number) {
    let [low, high] = [0, this.numbers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.numbers[middle] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Removes what the server does not keep any more: it was cleared, or forgotten. */
  async trim() {
    const last = this.numbers.at(-1);
    if (last === undefined) return;
    const { run, epoch } = this.overview;
    const { requests } = await ask('GET', 'requests?limit=1');
    // Those of another epoch have other numbers.
    if (this.overview.run !== run || this.overview.epoch !== epoch) return;
    const first = requests.length ? requests[0].number : last + 1;
    const gone = this.numbers.splice(0, this.place(first));
    for (const number of gone) this.entries.delete(number);
    if (gone.length) this.change();
  }

  empty() {
    this.entries.clear();
    this.numbers = [];
    this.completed = 0;
    for (const values of Object.values(this.seen)) values.clear();
    this.change();
  }

  /** Reads a request anew that was pending: what it says has been read since. */
  async renew(number) {
    const entry = await ask('GET', `requests/${number}`);
    this.put(entry);
    this.change();
  }

  change() {
    this.version += 1;
    if (this.isChanged) return;
    this.isChanged = true;
    // A hidden tab paints nothing, and has time.
    const later = document.hidden ? (run) => setTimeout(run, 200) : requestAnimationFrame;
    later(() => {
      this.isChanged = false;
      this.tell('change');
    });
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
