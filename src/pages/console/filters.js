// Which requests are listed. The choice is in the URL, so that a link or a reload shows the same.

import { el, field, show } from './dom.js';

/** What the URL says after `#`. */
export const place = {
  get: (name) => new URLSearchParams(location.hash.slice(1)).get(name) ?? '',
  /** Changes some of it; an entry of the browser's history if another view is shown. */
  set(changes, isStep = false) {
    const params = new URLSearchParams(location.hash.slice(1));
    for (const [name, value] of Object.entries(changes)) {
      if (value === '' || value === undefined) params.delete(name);
      else params.set(name, value);
    }
    const hash = `#${params}`;
    if (hash === location.hash) return;
    if (isStep) location.hash = hash;
    else history.replaceState(null, '', hash);
    dispatchEvent(new Event('place'));
  },
  /** The address of this page with these changes. */
  link(changes) {
    const params = new URLSearchParams(location.hash.slice(1));
    for (const [name, value] of Object.entries(changes)) params.set(name, value);
    return `#${params}`;
  },
};

/** The name in the URL, the label, and the member of an entry. */
const CHOICES = [
  ['client', 'Client', 'client_id'],
  ['endpoint', 'Endpoint', 'endpoint'],
  ['outcome', 'Outcome', 'outcome'],
];
/** More values are not offered: a list of thousands cannot be read, and costs time with each request. */
const MOST_CHOICES = 300;

/** The texts of entries, for the search. */
const texts = new WeakMap();

function textOf(entry) {
  if (!texts.has(entry)) texts.set(entry, JSON.stringify(entry).toLowerCase());
  return texts.get(entry);
}

/** Returns what the filter bar says, to compare. */
export const filterKey = () => JSON.stringify(['text', ...CHOICES.map(([name]) => name)].map(place.get));

/** Returns the test that an entry passes if the filter bar lets it through. */
export function filter() {
  const words = place.get('text').toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = CHOICES.map(([name, , member]) => [place.get(name), member]).filter(([wanted]) => wanted);
  return (entry) => chosen.every(([wanted, member]) => entry[member] === wanted)
    && words.every((word) => textOf(entry).includes(word));
}

/** The filter bar. */
export class FilterBar {
  constructor(journal) {
    this.journal = journal;
    this.text = el('input', { type: 'search', id: 'text', autocomplete: 'off', spellcheck: 'false', input: () => place.set({ text: this.text.value }) });
    this.selects = CHOICES.map(([name]) => el('select', { id: `filter-${name}`, change: (event) => place.set({ [name]: event.target.value }) }));
    this.element = el('form', { class: 'filters', role: 'search', submit: (event) => event.preventDefault() },
      field('Text', this.text),
      CHOICES.map(([, title], index) => field(title, this.selects[index])));
  }

  /** Offers the values that occur. */
  update() {
    if (this.text !== document.activeElement) this.text.value = place.get('text');
    CHOICES.forEach(([name, , member], index) => {
      const wanted = place.get(name);
      const values = new Set(wanted ? [wanted] : []);
      for (const value of this.journal.seen[member]) if (values.size < MOST_CHOICES) values.add(value);
      const sorted = [...values].sort();
      show(this.selects[index], sorted, () => [el('option', { value: '' }, 'all'), sorted.map((text) => el('option', { value: text }, text))]);
      this.selects[index].value = wanted;
    });
  }

  focus() {
    this.text.focus();
    this.text.select();
  }
}
