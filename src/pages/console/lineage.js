// One grant over time: its login, its tokens, and what became of them, as a tree.

import { el, field, show, svg } from './dom.js';
import { place } from './filters.js';
import { timeOf } from './list.js';

/** What a request did to its grant. Each has a shape of its own, so that nobody needs its colour. */
const KINDS = {
  login: { shape: 'square', name: 'login' },
  issued: { shape: 'circle', name: 'tokens issued' },
  replay: { shape: 'triangle', name: 'replay' },
  refused: { shape: 'cross', name: 'refused' },
  faulted: { shape: 'hexagon', name: 'fault or no answer' },
  revoked: { shape: 'diamond', name: 'revocation' },
  read: { shape: 'dot', name: 'token read' },
};
const REPLAYS = new Set(['refresh_token_replayed', 'code_replayed']);
const [STEP, LANE, EDGE] = [110, 64, 40];

function kindOf(entry) {
  if (REPLAYS.has(entry.refusal)) return 'replay';
  if (entry.outcome === 'refused') return 'refused';
  if (entry.outcome === 'faulted' || entry.outcome === 'abandoned') return 'faulted';
  if (entry.endpoint === 'authorization') return 'login';
  if (entry.endpoint === 'revocation') return 'revoked';
  return entry.outcome === 'issued' ? 'issued' : 'read';
}

/** The grants of the journal, the one that was used last first. A service that gets tokens by itself has a grant of one request. */
export function grants(entries) {
  const found = new Map();
  for (const entry of entries) {
    if (!entry.grant_id || entry.grant_type === 'client_credentials') continue;
    const known = found.get(entry.grant_id) ?? { id: entry.grant_id, entries: [] };
    known.entries.push(entry);
    known.sub ??= entry.sub;
    known.client_id ??= entry.client_id;
    found.delete(entry.grant_id);
    found.set(entry.grant_id, known);
  }
  return [...found.values()].reverse();
}

/** The requests of a grant as a tree: the parent of a request is the one that issued the token that it presents. */
function tree(entries) {
  const issuers = new Map();
  const nodes = [];
  for (const entry of entries) {
    const node = { entry, kind: kindOf(entry), children: [], parent: undefined };
    // A code exchange presents no token: it belongs to the login before. Where the journal has no issuer, there is no parent.
    node.parent = entry.presented ? issuers.get(entry.presented) : nodes.findLast((other) => other.kind === 'login');
    node.parent?.children.push(node);
    for (const [name, id] of Object.entries(entry.issued ?? {})) {
      // A refresh token that stays the same is its own successor: the first response is where it comes from.
      if (name !== 'id_token' && id && !issuers.has(id)) issuers.set(id, node);
    }
    nodes.push(node);
  }
  // A lane goes on with what got new tokens, and what only used some branches off.
  const rank = (node) => (node.kind === 'issued' ? 1 : 0) + (node.children.length ? 1 : 0);
  for (const { children } of nodes) children.sort((one, other) => rank(other) - rank(one));
  return nodes;
}

/** Gives each node a column by time, and a lane. Requests that present the same token to the same end have one lane. */
function arrange(nodes) {
  let lanes = 0;
  const place = (siblings, first) => {
    const taken = new Map();
    siblings.forEach((node, index) => {
      const key = node.children.length ? node : `${node.entry.presented} ${node.kind}`;
      const before = taken.get(key);
      node.again = before;
      if (before) node.lane = before.lane;
      else if (index === 0 && first !== undefined) node.lane = first;
      else {
        node.lane = lanes;
        lanes += 1;
      }
      taken.set(key, node);
      place(node.children, node.lane);
    });
  };
  nodes.forEach((node, index) => { node.column = index; });
  place(nodes.filter((node) => !node.parent), undefined);
  return lanes;
}

const SHAPES = {
  square: (x, y) => svg('rect', { x: x - 9, y: y - 9, width: 18, height: 18, rx: 2 }),
  circle: (x, y) => svg('circle', { cx: x, cy: y, r: 10 }),
  dot: (x, y) => svg('circle', { cx: x, cy: y, r: 5 }),
  triangle: (x, y) => svg('path', { d: `M${x} ${y - 12}l12 21h-24z` }),
  diamond: (x, y) => svg('path', { d: `M${x} ${y - 12}l12 12l-12 12l-12 -12z` }),
  hexagon: (x, y) => svg('path', { d: `M${x - 11} ${y}l5.5 -9.5h11l5.5 9.5l-5.5 9.5h-11z` }),
  cross: (x, y) => svg('path', { class: 'stroke', d: `M${x - 8} ${y - 8}l16 16m0 -16l-16 16` }),
};

const labelOf = (node) => `${node.entry.number} ${timeOf(node.entry.at)}`;
const nameOf = (node) => `${labelOf(node)}, ${KINDS[node.kind].name}, ${node.entry.endpoint}${node.entry.refusal ? `, ${node.entry.refusal}` : ''}`;
const linkOf = (node) => place.link({ view: 'requests', request: node.entry.number });

function drawing(nodes, title) {
  const lanes = arrange(nodes);
  const at = (node) => [EDGE + node.column * STEP, EDGE + node.lane * LANE];
  const [width, height] = [EDGE * 2 + (nodes.length - 1) * STEP, EDGE * 2 + (lanes - 1) * LANE + 20];
  const edges = nodes.filter((node) => node.again ?? node.parent).map((node) => {
    const [[x1, y1], [x2, y2]] = [at(node.again ?? node.parent), at(node)];
    const curve = y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}C${x1} ${y2} ${x1} ${y2} ${x2} ${y2}`;
    return svg('path', { class: node.again ? 'edge again' : 'edge', d: curve });
  });
  const marks = nodes.map((node) => {
    const [x, y] = at(node);
    return svg('a', { id: `mark-${node.entry.number}`, href: linkOf(node), 'data-kind': node.kind, 'aria-label': nameOf(node) }, svg('title', {}, nameOf(node)), SHAPES[KINDS[node.kind].shape](x, y),
      svg('text', { x, y: y + 25, 'text-anchor': 'middle', 'aria-hidden': 'true' }, labelOf(node)));
  });
  return svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': title }, edges, marks);
}

/** The same tree as lists: what goes on in one lane is one list, and a branch is a list within. */
function listing(start) {
  const items = [];
  for (let node = start; node; [node] = node.children) {
    const branches = node.children.slice(1);
    items.push(el('li', {}, el('a', { href: linkOf(node) }, nameOf(node)), branches.map(listing)));
  }
  return el('ul', {}, items);
}

const legend = () => el('ul', { class: 'legend', 'aria-label': 'Shapes' }, Object.entries(KINDS).map(([kind, { shape, name }]) => el('li', { 'data-kind': kind },
  svg('svg', { width: 28, height: 28, 'aria-hidden': 'true' }, SHAPES[shape](14, 15)), name)));

export class Grants {
  constructor(section, journal) {
    this.journal = journal;
    this.select = el('select', { id: 'grant', change: () => place.set({ grant: this.select.value }) });
    this.picture = el('div');
    this.none = el('p', {}, 'No request has used a grant. A login or a refresh makes one.');
    this.label = field('Grant', this.select);
    section.append(this.none, this.label, this.picture);
  }

  update() {
    const all = grants(this.journal.numbers.map((number) => this.journal.get(number)));
    this.none.hidden = all.length > 0;
    this.label.hidden = all.length === 0;
    const named = ({ id, sub, client_id: client }) => `${sub ?? 'no user'} at ${client ?? 'an unknown client'}, ${id.slice(0, 12)}`;
    const offered = all.slice(0, 500);
    show(this.select, offered.map((grant) => [grant.id, named(grant)]), () => offered.map((grant) => el('option', { value: grant.id }, named(grant))));
    const chosen = all.find((grant) => grant.id === place.get('grant')) ?? all[0];
    // Who reads one stays at it when another one is used.
    if (chosen && place.get('view') === 'grants') place.set({ grant: chosen.id });
    if (chosen) this.select.value = chosen.id;
    // The latest are drawn: a picture of thousands cannot be read.
    const entries = chosen?.entries.slice(-200) ?? [];
    show(this.picture, entries, () => {
      if (!chosen) return null;
      const nodes = tree(entries);
      const more = chosen.entries.length - entries.length;
      return [
        el('div', { class: 'picture', tabindex: 0, role: 'region', 'aria-label': 'Picture of the grant' }, drawing(nodes, `Grant of ${named(chosen)}`)),
        more > 0 ? el('p', { class: 'quiet' }, `${more} earlier requests are not drawn.`) : null,
        legend(),
        el('h2', {}, 'As a list'),
        nodes.filter((node) => !node.parent).map(listing),
      ];
    });
  }
}
