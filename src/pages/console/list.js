// The list of requests, the newest first. Only the rows that are seen are elements, so that ten thousand scroll as ten do.

import { el } from './dom.js';

/** How the end of a request is marked, besides its colour. */
const MARKS = { issued: '●', answered: '○', refused: '✕', faulted: '▲', pending: '…', abandoned: '–' };
/** Rows that are elements above and below those that are seen. */
const MARGIN = 8;

export const markOf = (entry) => MARKS[entry.outcome] ?? '?';

/** The end of a request in a few words. */
const outcomeOf = (entry) => `${entry.refusal ?? entry.outcome}${entry.faults?.length ? `, fault ${entry.faults.join(', ')}` : ''}`;

/** The time of day of an instant in RFC 3339. */
export const timeOf = (instant) => instant.slice(11, 19);

export class RequestList {
  /** @param {(entry: any) => void} chosen */
  constructor(chosen) {
    this.chosen = chosen;
    this.entries = [];
    this.selected = undefined;
    this.rows = new Map();
    this.space = el('div', { class: 'space', role: 'presentation' });
    this.element = el('div', {
      class: 'list', role: 'listbox', tabindex: 0, 'aria-label': 'Requests',
      scroll: () => this.paint(), keydown: (event) => this.key(event), click: (event) => this.click(event),
    }, this.space);
    this.measure = el('div', { class: 'row', 'aria-hidden': 'true' });
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  /** Shows other entries; they are sorted with the newest first. */
  update(entries) {
    const top = this.element.scrollTop;
    const first = this.entries[Math.floor(top / this.height())];
    this.entries = entries;
    this.space.style.height = `${entries.length * this.height()}px`;
    // Who has scrolled down stays at what is read there.
    if (top > 0 && first) {
      const index = this.indexOf(first.number);
      if (index >= 0) this.element.scrollTop = index * this.height() + (top % this.height());
    }
    this.rows.forEach((row) => row.remove());
    this.rows.clear();
    this.paint();
  }

  height() {
    if (!this.rowHeight) {
      this.space.append(this.measure);
      this.rowHeight = this.measure.offsetHeight || 32;
      this.measure.remove();
    }
    return this.rowHeight;
  }

  resize() {
    this.rowHeight = undefined;
    this.update(this.entries);
  }

  /** The index of a number; the numbers descend. */
  indexOf(number) {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle].number > number) low = middle + 1;
      else high = middle;
    }
    return this.entries[low]?.number === number ? low : -1;
  }

  /** Makes the rows that are seen, and removes the others. */
  paint() {
    const height = this.height();
    const from = Math.max(0, Math.floor(this.element.scrollTop / height) - MARGIN);
    const to = Math.min(this.entries.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / height) + MARGIN);
    const wanted = new Set();
    for (let index = from; index < to; index += 1) wanted.add(index);
    const selected = this.selected === undefined ? -1 : this.indexOf(this.selected);
    if (selected >= 0) wanted.add(selected);
    for (const [index, row] of this.rows) {
      if (!wanted.has(index)) {
        row.remove();
        this.rows.delete(index);
      }
    }
    for (const index of wanted) if (!this.rows.has(index)) this.add(index);
    if (selected >= 0) this.element.setAttribute('aria-activedescendant', `row-${this.selected}`);
    else this.element.removeAttribute('aria-activedescendant');
  }

  add(index) {
    const entry = this.entries[index];
    const advice = entry.advice?.length ?? 0;
    const row = el('div', {
      class: 'row', role: 'option', id: `row-${entry.number}`, 'data-number': entry.number, 'data-outcome': entry.outcome,
      'aria-selected': String(entry.number === this.selected), 'aria-posinset': index + 1, 'aria-setsize': this.entries.length,
    },
    el('span', { class: 'number' }, entry.number),
    el('span', { class: 'time' }, timeOf(entry.at)),
    el('span', { class: 'what' }, entry.endpoint === 'unknown' ? entry.path : entry.endpoint, entry.grant_type ? el('small', {}, ` ${entry.grant_type}`) : null),
    el('span', { class: 'client' }, entry.client_id ?? ''),
    el('span', { class: 'status' }, entry.status || ''),
    el('span', { class: 'outcome' }, el('span', { 'aria-hidden': 'true' }, `${markOf(entry)} `), outcomeOf(entry)),
    el('span', { class: 'advice' }, advice ? `${advice} advice` : ''));
    row.style.transform = `translateY(${index * this.height()}px)`;
    this.rows.set(index, row);
    this.space.append(row);
  }

  /** Marks an entry, and scrolls to it when it is chosen. */
  select(number) {
    if (number === this.selected) return;
    this.selected = number;
    const index = number === undefined ? -1 : this.indexOf(number);
    if (index >= 0) this.reveal(index);
    for (const row of this.rows.values()) row.setAttribute('aria-selected', String(Number(row.dataset.number) === number));
    this.paint();
  }

  reveal(index) {
    const [top, bottom] = [index * this.height(), (index + 1) * this.height()];
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (bottom > this.element.scrollTop + this.element.clientHeight) this.element.scrollTop = bottom - this.element.clientHeight;
  }

  /** Goes some rows on; where no row is selected, from above the newest. */
  go(rows) {
    if (this.entries.length === 0) return;
    const at = this.selected === undefined ? -1 : this.indexOf(this.selected);
    const index = Math.max(0, Math.min(this.entries.length - 1, at + rows));
    this.chosen(this.entries[index]);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.height()) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.go(steps[event.key]);
  }

  click(event) {
    const row = event.target.closest('[data-number]');
    const index = row ? this.indexOf(Number(row.dataset.number)) : -1;
    if (index >= 0) this.chosen(this.entries[index]);
  }
}
