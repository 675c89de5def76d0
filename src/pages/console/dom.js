// Making elements. Text is written as text only: most of what is shown was sent by somebody else.

/**
 * Makes an element. Functions among the properties are listeners, booleans say whether an attribute is there.
 * @param {string} name
 * @param {Record<string, any>} [properties]
 * @param {...(Node|string|number|null|undefined|false|Array<any>)} children
 */
export function el(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

/** Makes an SVG element. */
export function svg(name, properties = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.flat(Infinity).filter(isShown).map(asNode));
  return element;
}

const isShown = (child) => child !== null && child !== undefined && child !== false;
const asNode = (child) => (child instanceof Node ? child : String(child));

let fields = 0;

/** A control of a form, with its label. */
export function field(label, control) {
  fields += 1;
  control.id ||= `field-${fields}`;
  return el('div', { class: 'field' }, el('label', { for: control.id }, label), control);
}

/** Returns the element of the page with that id. */
export const byId = (id) => document.getElementById(id);

/** A list of terms and what they mean; terms without a meaning are left out. */
export function terms(pairs, properties = {}) {
  const shown = pairs.filter(([, meaning]) => isShown(meaning) && meaning !== '');
  return el('dl', properties, shown.map(([term, meaning]) => [el('dt', {}, term), el('dd', {}, meaning)]));
}

/** Says something in the page, also to a screen reader. */
export function say(text, isBad = false) {
  const message = el('p', { class: isBad ? 'bad' : undefined }, text);
  byId('messages').replaceChildren(message);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => message.remove(), isBad ? 12000 : 4000);
}

/** Replaces the content of an element if it is about something else than before, so that focus and selection stay. */
export function show(element, key, make) {
  const text = JSON.stringify(key);
  if (element.shownKey === text) return;
  // The list of a select that is open must not change.
  if (element instanceof HTMLSelectElement && element === document.activeElement) return;
  element.shownKey = text;
  keepFocus(element, () => element.replaceChildren(...[make()].flat(Infinity).filter(isShown).map(asNode)));
}

/** Changes the content of an element; the focus stays, or goes to the heading of the section if its element is gone. */
export function keepFocus(element, change) {
  const focused = element.contains(document.activeElement) ? document.activeElement : undefined;
  const section = element.closest('section, article');
  const done = change();
  if (focused && !focused.isConnected) (byId(focused.id) ?? section?.querySelector('h2'))?.focus();
  return done;
}

/** Puts a text on the clipboard, and shows it where the browser does not allow that. */
export async function copy(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    say('Copied.');
  } catch {
    say('The browser does not allow the copy: the text is selected instead.');
    const area = el('textarea', { readonly: true, rows: 6, 'aria-label': 'Text to copy' });
    area.value = text;
    place.replaceChildren(area);
    area.select();
  }
}

/** Gives the user a file. */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = el('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
