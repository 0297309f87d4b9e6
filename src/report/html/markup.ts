import { harmlessJson, visibleText } from '../visible.ts';

/** HTML that is safe to stand in a page as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in HTML: markup as it is, texts and numbers escaped, lists one after the other; null is nothing. */
export type Child = Markup | string | number | null | readonly Child[];

const ENTITIES: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A template in which every value is escaped that is no markup, for elements and quoted attributes alike: `` html`<b>${name}</b>` ``. */
export function html(strings: TemplateStringsArray, ...values: readonly Child[]): Markup {
  return new Markup(strings.map((text, index) => (index === 0 ? '' : render(values[index - 1] ?? null)) + text).join(''));
}

function render(child: Child): string {
  if (child === null) return '';
  if (child instanceof Markup) return child.text;
  if (typeof child === 'object') return child.map(render).join('');
  return escapeHtml(String(child));
}

/** A text for elements and quoted attributes. Characters that act unseen (controls, reordering) stand as `\xNN`, unpaired surrogates as U+FFFD. */
export function escapeHtml(text: string): string {
  return visibleText(text)
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

/** A value as JSON in a `<script type="application/json">`, which `<` would end or open a comment in (HTML standard, 4.12.1.3). */
export function jsonScript(id: string, value: unknown): Markup {
  const json = harmlessJson(JSON.stringify(value)).replaceAll('<', '\\u003c');
  return new Markup(`<script type="application/json" id="${id}">${json}</script>`);
}
