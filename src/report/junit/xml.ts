/** Characters that XML 1.0 has no way to write (production Char), and halves of pairs. */
const IMPOSSIBLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** An XML element: name, attributes (null leaves one out) and what is in it; texts are escaped. */
export interface Element {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number | null>>;
  readonly children?: readonly (Element | string)[];
}

/** Elements as an XML 1.0 document in UTF-8. Characters that XML forbids stand as `\xNN`. */
export function renderXml(root: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${renderElement(root, '')}\n`;
}

function renderElement({ name, attributes = {}, children = [] }: Element, indent: string): string {
  const shown = Object.entries(attributes).flatMap(([key, value]) => (value === null ? [] : ` ${key}="${attributeText(String(value))}"`));
  const start = `${indent}<${name}${shown.join('')}`;
  if (children.length === 0) return `${start}/>`;
  const texts = children.filter((child) => typeof child === 'string');
  // Blanks around a text would belong to it.
  if (texts.length === children.length) return `${start}>${texts.map(contentText).join('')}</${name}>`;
  const inner = children.map((child) => (typeof child === 'string' ? contentText(child) : renderElement(child, `${indent}  `)));
  return `${start}>\n${inner.join('\n')}\n${indent}</${name}>`;
}

function contentText(text: string): string {
  return possible(text).replace(/[&<>\r]/g, (character) => ENTITIES[character] ?? character);
}

/** A reader makes blanks of line ends and tabs that stand in attributes as they are. */
function attributeText(text: string): string {
  return possible(text).replace(/[&<>"'\t\n\r]/g, (character) => ENTITIES[character] ?? character);
}

function possible(text: string): string {
  return text.replace(IMPOSSIBLE, (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`);
}
