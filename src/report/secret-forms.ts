import { quote } from '../shell/quote.ts';

/** Shorter forms are left alone: replacing them would tear unrelated words apart. */
const SHORTEST_FORM = 5;

/** A line of a longer secret (a private key) that is one itself; what stands around such lines is the same for everybody. */
const SHORTEST_LINE = 8;

/**
 * A secret as it may stand in a text: itself, as JSON, in URLs, quoted for a shell, in XML and HTML, in hexadecimal, and as base64 wherever in longer data it
 * begins, also of its JSON and of its base64. Of one that has several lines also each line. The longest first.
 */
export function secretForms(secret: string): readonly string[] {
  const plain = secretValues(secret).flatMap((value) => [value, ...encodedForms(value).filter((form) => form.length >= SHORTEST_FORM)]);
  // A command line that is shown quotes words which may hold any of these.
  const forms = [...plain.flatMap((form) => [form, ...singleQuoted(form)]), ...nestedForms(secret)];
  return [...new Set(forms)].filter((form) => form !== '').sort((a, b) => b.length - a.length);
}

/** What is a secret by itself: all of it, and each line of a longer one. */
export function secretValues(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE && !line.startsWith('-----'));
  return [secret, secret.trim(), ...(lines.length > 1 ? lines : [])];
}

/** Base64 of what holds it as JSON or as base64, such as the credentials of a registry. */
function nestedForms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const inner = [...(json === secret ? [] : [json]), ...base64Forms(Buffer.from(secret, 'utf8'))];
  return inner.flatMap((form) => base64Forms(Buffer.from(form, 'utf8'))).filter((form) => form.length >= 2 * SHORTEST_FORM);
}

function encodedForms(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
  const hex = bytes.toString('hex');
  return [
    ...jsonForms(value),
    ...urlForms(value),
    ...shellForms(value),
    ...markupForms(value),
    hex,
    hex.toUpperCase(),
    ...base64Forms(bytes),
  ];
}

function jsonForms(value: string): readonly string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const ascii = json.replaceAll(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  // JSON inside of JSON, as a value of a command line or a log line has it.
  return [json, ascii, JSON.stringify(json).slice(1, -1), json.replaceAll('/', '\\/')];
}

function urlForms(value: string): readonly string[] {
  const lenient = encodeURIComponent(Buffer.from(value, 'utf8').toString('utf8'));
  const strict = lenient.replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const all = [lenient, strict, strict.replaceAll('%20', '+')];
  return [...all, ...all.map((form) => form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

function shellForms(value: string): readonly string[] {
  return [
    value.includes('\0') ? value : quote(value).replaceAll(/^'|'$/g, ''),
    value.replaceAll("'", `'"'"'`),
    value.replaceAll(/[\\"$`]/g, '\\$&'),
    value.replaceAll(/[\\"$`!]/g, '\\$&'),
    value.replaceAll(/[^A-Za-z0-9_@%+=:,./-]/g, '\\$&'),
  ];
}

function singleQuoted(form: string): readonly string[] {
  return form.includes("'") ? [form.replaceAll("'", `'\\''`), form.replaceAll("'", `'"'"'`)] : [];
}

function markupForms(value: string): readonly string[] {
  const base = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const doubles = ['"', '&quot;', '&#34;', '&#x22;'];
  const singles = ["'", '&#39;', '&#x27;', '&apos;', '&#039;'];
  return doubles.flatMap((double) => singles.map((single) => base.replaceAll('"', double).replaceAll("'", single)));
}

/** What base64 (RFC 4648) makes of bytes that begin at any place of longer data, without the characters that depend on their neighbours. */
function base64Forms(bytes: Buffer): readonly string[] {
  const inside = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const all = [bytes.toString('base64'), ...inside];
  return [...all, ...all.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
}
