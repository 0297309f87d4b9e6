// @ts-check
/** The script of a report's page: search, filters, each host's own diffs. The page can be read without it. */

/**
 * @typedef {Record<string, string[]>} HoleValues by label what each host of a group has in a hole
 * @typedef {{ hosts: string[], holes: HoleValues, same: Record<string, { id: string, holes: HoleValues }> }} Group
 * @typedef {[name: string, outcome: number, group: number, roles: number[]]} Host
 * @typedef {{ outcomes: string[], roles: string[], hosts: Host[], groups: Group[] }} Data
 */

/** @type {Data} */
const data = JSON.parse(byId('data').textContent ?? '');
const form = /** @type {HTMLFormElement} */ (byId('filter'));
const search = /** @type {HTMLInputElement} */ (byId('q'));
const role = /** @type {HTMLSelectElement} */ (byId('by-role'));
const unfold = byId('unfold');
const matches = byId('found');
const rows = all('tr[data-h]');
const cards = all('.card');
/** What can be found in a card, by the index of its group. @type {Map<number, string>} */
const texts = new Map(cards.map((card) => [groupOf(card), (card.textContent ?? '').toLowerCase()]));
const names = data.hosts.map(([name]) => name.toLowerCase());

/** @param {string} id */
function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no ${id}`);
  return element;
}

/** @param {string} selector @param {ParentNode} [root] @returns {HTMLElement[]} */
function all(selector, root = document) {
  return [...root.querySelectorAll(selector)].filter((element) => element instanceof HTMLElement);
}

/** @param {HTMLElement} element */
function groupOf(element) {
  return Number(element.dataset.g);
}

/** @param {number} number @param {string} noun */
function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

// Search and filters.

function wanted() {
  const typed = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  // What is in the name of a host looks for hosts: in a card it would find all that the card names.
  const words = typed.map((word) => ({ word, isName: names.some((name) => name.includes(word)) }));
  const outcomes = all('input:checked', form).map((input) => data.outcomes.indexOf(/** @type {HTMLInputElement} */ (input).value));
  return { words, outcomes, role: role.value === '' ? -1 : data.roles.indexOf(role.value) };
}

/** @param {{ word: string, isName: boolean }[]} words @param {number} index */
function isFound(words, index) {
  const text = texts.get(data.hosts[index]?.[2] ?? -1) ?? '';
  return words.every(({ word, isName }) => (isName ? names[index]?.includes(word) : text.includes(word)));
}

function filter() {
  const { words, outcomes, role: only } = wanted();
  /** @type {Map<number, string[]>} */
  const found = new Map();
  let hosts = 0;
  for (const [index, [name, outcome, group, roles]] of data.hosts.entries()) {
    const fits = (outcomes.length === 0 || outcomes.includes(outcome)) && (only === -1 || roles.includes(only)) && isFound(words, index);
    const row = rows[index];
    if (row !== undefined) row.hidden = !fits;
    if (!fits) continue;
    hosts += 1;
    found.set(group, [...(found.get(group) ?? []), name]);
  }
  const isActive = words.length > 0 || outcomes.length > 0 || only !== -1;
  const shown = filterCards(found, only, isActive);
  unfoldFound(words.filter(({ isName }) => !isName).map(({ word }) => word));
  for (const section of all('.cards'))
    showNone(
      section,
      all('.card', section).every((card) => card.hidden),
    );
  showNone(byId('hosts'), hosts === 0);
  matches.textContent = isActive ? `${hosts} of ${count(data.hosts.length, 'host')} match, in ${count(shown, 'group')}` : '';
}

/** @param {Map<number, string[]>} found names of hosts by group @param {number} only @param {boolean} isActive */
function filterCards(found, only, isActive) {
  for (const card of cards) {
    const here = found.get(groupOf(card)) ?? [];
    const steps = all('.step', card);
    for (const step of steps) step.hidden = only !== -1 && step.dataset.role !== data.roles[only];
    card.hidden = here.length === 0 || (only !== -1 && steps.every((step) => step.hidden));
    showMatching(card, isActive ? here : null);
  }
  return cards.filter((card) => !card.hidden).length;
}

/** Which hosts of a card are meant where not all are. @param {HTMLElement} card @param {string[] | null} here */
function showMatching(card, here) {
  const line = card.querySelector('.matching');
  const { hosts = [] } = data.groups[groupOf(card)] ?? {};
  if (!(line instanceof HTMLElement)) return;
  line.hidden = here === null || here.length === hosts.length;
  if (here === null || line.hidden) return;
  line.textContent = `${here.length} of ${hosts.length} match: ${here.slice(0, 20).join(', ')}${here.length > 20 ? ' …' : ''}`;
}

/** What is looked for stands unfolded. @param {string[]} words */
function unfoldFound(words) {
  for (const card of cards) {
    if (card.hidden) continue;
    for (const step of all('details.step, details.others', card)) {
      const text = (step.textContent ?? '').toLowerCase();
      if (words.some((word) => text.includes(word))) step.setAttribute('open', '');
    }
  }
}

/** @param {HTMLElement} section @param {boolean} isEmpty */
function showNone(section, isEmpty) {
  const line = section.querySelector('.none');
  if (line instanceof HTMLElement) line.hidden = !isEmpty;
}

// Each host's own diffs.

/** Fills the holes with what a host has there; -1 shows them as holes. @param {ParentNode} root @param {(label: string) => string | undefined} inHole */
function fill(root, inHole) {
  for (const mark of all('mark[data-l]', root)) {
    const label = mark.dataset.l ?? '';
    const value = inHole(label);
    mark.textContent = value === undefined ? `‹${label}›` : value;
    mark.classList.toggle('filled', value !== undefined);
  }
}

/** @param {HTMLElement} card @param {number} at index of the host in the group; -1: all of them */
function showAs(card, at) {
  const group = data.groups[groupOf(card)];
  if (group === undefined) return;
  fill(card, (label) => (at === -1 ? undefined : group.holes[label]?.[at]));
  for (const copy of all('.copy', card)) fillCopy(copy, group, at);
}

/** @param {HTMLElement} copy @param {Group} group @param {number} at */
function fillCopy(copy, group, at) {
  const name = group.hosts[at];
  const there = group.same[copy.dataset.s ?? '']?.holes ?? {};
  fill(copy, (label) => {
    if (name === undefined) return undefined;
    if (label === 'host') return name;
    return label === 'short' ? name.split('.')[0] : there[label]?.[at];
  });
}

/** @param {HTMLElement} card */
function chosen(card) {
  const select = card.querySelector('.as select');
  const { hosts = [] } = data.groups[groupOf(card)] ?? {};
  if (select instanceof HTMLSelectElement && select.options.length > 0) return Number(select.value);
  return hosts.length === 1 ? 0 : -1;
}

function offerHosts() {
  for (const line of all('.as')) {
    const select = line.querySelector('select');
    const card = line.closest('.card');
    if (!(select instanceof HTMLSelectElement) || !(card instanceof HTMLElement)) continue;
    const { hosts } = data.groups[groupOf(card)] ?? { hosts: [] };
    if (hosts.length < 2) continue;
    select.append(new Option(`all ${count(hosts.length, 'host')}, folded`, '-1'), ...hosts.map((name, at) => new Option(name, String(at))));
    select.addEventListener('change', () => showAs(card, chosen(card)));
    line.hidden = false;
  }
}

/** A step that another group tells can be shown in its own place too. */
function offerCopies() {
  for (const line of all('.same')) {
    const card = line.closest('.card');
    const group = card instanceof HTMLElement ? data.groups[groupOf(card)] : undefined;
    const told = document.getElementById(group?.same[line.dataset.s ?? '']?.id ?? '');
    if (!(card instanceof HTMLElement) || group === undefined || told === null) continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Show it here';
    button.addEventListener('click', () => {
      const copy = copyOf(told, line.dataset.s ?? '');
      line.after(copy);
      button.remove();
      fillCopy(copy, group, chosen(card));
    });
    line.append(' ', button);
  }
}

/** @param {HTMLElement} told @param {string} step */
function copyOf(told, step) {
  const copy = document.createElement('div');
  copy.className = 'copy';
  copy.dataset.s = step;
  copy.append(...all(':scope > .field, :scope > .diff, :scope > .note', told).map((part) => part.cloneNode(true)));
  return copy;
}

// Ways through the page.

/** What a link leads to is unfolded and shown. @param {string} hash */
function reveal(hash) {
  const target = document.getElementById(decodeURIComponent(hash.slice(1)));
  if (target === null) return;
  for (const outer of [target, ...ancestorsOf(target)]) {
    outer.hidden = false;
    if (outer instanceof HTMLDetailsElement) outer.open = true;
  }
  target.scrollIntoView();
}

/** @param {HTMLElement} element @returns {HTMLElement[]} */
function ancestorsOf({ parentElement }) {
  return parentElement === null ? [] : [parentElement, ...ancestorsOf(parentElement)];
}

/** @param {boolean} isOpen */
function unfoldAll(isOpen) {
  for (const details of all('details.step, details.others')) /** @type {HTMLDetailsElement} */ (details).open = isOpen;
  unfold.setAttribute('aria-pressed', String(isOpen));
  unfold.textContent = isOpen ? 'Fold all' : 'Unfold all';
}

function clear() {
  form.reset();
  filter();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const inText = event.target instanceof HTMLInputElement && event.target.type === 'search';
  if (event.key === 'Escape') {
    clear();
    return;
  }
  if (event.key !== '/' || inText || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  search.focus();
  search.select();
}

for (const name of [...data.roles].sort()) role.append(new Option(name, name));
form.hidden = false;
offerHosts();
offerCopies();
form.addEventListener('input', filter);
form.addEventListener('submit', (event) => event.preventDefault());
byId('clear').addEventListener('click', clear);
unfold.addEventListener('click', () => unfoldAll(unfold.getAttribute('aria-pressed') !== 'true'));
document.addEventListener('keydown', onKey);
addEventListener('hashchange', () => reveal(location.hash));
/** @type {HTMLDetailsElement[]} */
let folded = [];
addEventListener('beforeprint', () => {
  folded = all('details.step:not([open]), details.others:not([open])').map((details) => /** @type {HTMLDetailsElement} */ (details));
  for (const details of folded) details.open = true;
});
addEventListener('afterprint', () => {
  for (const details of folded) details.open = false;
});
// Browsers keep what was typed over a reload.
filter();
reveal(location.hash);

export {};
