import { type Content, type FieldValue, isContent, withoutBytes } from '../model/content.ts';
import type { Run } from '../model/run.ts';
import { Secret } from '../model/secret.ts';
import type { Change } from '../model/step.ts';
import { maskCutSecrets } from './cut-secrets.ts';
import { FormIndex } from './form-index.ts';
import { isOwnWord } from './own-words.ts';
import { plainSpelling, spelledSpans } from './plain-spelling.ts';
import { secretForms, secretValues } from './secret-forms.ts';

/** What stands in place of a secret. */
export const MASK = '[secret]';

/** Shorter values are left alone: replacing them would tear unrelated words apart, and drover itself never prints a Secret. */
const SHORTEST = 4;

/** What stands in place of one while others are looked for: they may be words of the mask. A noncharacter, which no text has (Unicode, chapter 23). */
const HOLE = '\ufdd0';

/** Between two characters of a secret that a line end cuts in two: the line end, as it is or as JSON writes it, and what begins a line of a diff or a quote. */
const BREAK = String.raw`(?:\r?\n|(?:\\r)?\\n)[ \t]*[+\-|>#]?[ \t]*`;
const BREAKS = new RegExp(BREAK, 'g');

/** What does not count where a secret that may be cut in two is looked for. */
const MARKS = /\s|\\[rn]|[+\-|>#\\]/g;

/** Replaces known secret values in what is shown or written, in whatever form they stand there. */
export interface Redactor {
  text(text: string): string;
  /** The run with every text and every content free of secrets. Of a content that held one only its size is left, and that it differs. */
  run(run: Run): Run;
  /** Any other record in the same way. */
  record<T extends object>(record: T): T;
  /** False where there is nothing to replace. */
  knowsAny(): boolean;
  /** More secrets, such as somebody typed them: from now on they are replaced too. */
  learn(secrets: string | readonly string[]): void;
}

/** A secret in one of its forms. */
interface Form {
  readonly text: string;
  /** Without what does not count. */
  readonly core: string;
  /** For secrets themselves: as spelled in all ways. */
  readonly plain: string | null;
}

/** A redactor for these values (passwords and the like); longer ones are replaced first. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const known = new Set(secrets);
  let forms = indexed(formsOf(secrets));
  const mask: Mask = { text: (shown) => maskText(shown, forms), hides: (shown) => hides(shown, forms) };
  const record: Redactor['record'] = (whole) => (forms.all.length === 0 ? whole : redactObject(whole, mask));
  return {
    text: mask.text,
    knowsAny: () => forms.all.length > 0,
    run: record,
    record,
    learn: (more) => {
      const news = (typeof more === 'string' ? [more] : more).filter((secret) => !known.has(secret));
      if (news.length === 0) return;
      for (const secret of news) known.add(secret);
      forms = indexed([...forms.all, ...formsOf(news)]);
    },
  };
}

function formsOf(secrets: readonly string[]): readonly Form[] {
  const known = [...new Set(secrets)].filter((value) => value.length >= SHORTEST);
  const values = new Set(known.flatMap(secretValues));
  const texts = [...new Set(known.flatMap(secretForms))].filter((text) => text.length >= SHORTEST);
  return texts.map((text) => ({
    text: text.replaceAll(MASK, HOLE),
    core: text.replace(MARKS, ''),
    plain: values.has(text) ? plainSpelling(text) : null,
  }));
}

/** All forms, and those that stand in a text, the longest first. */
interface Forms {
  readonly all: readonly Form[];
  readonly whole: FormIndex<Form>;
  /** By what is left of them where line ends do not count. */
  readonly cut: FormIndex<Form>;
  /** By what they have in common however they are spelled. */
  readonly plain: FormIndex<Form>;
}

function indexed(forms: readonly Form[]): Forms {
  const all = [...forms].sort((a, b) => b.text.length - a.text.length);
  const spelled = all.filter(({ plain }) => plain !== null);
  return {
    all,
    whole: new FormIndex(all, ({ text }) => text),
    cut: new FormIndex(all, ({ core }) => core),
    plain: new FormIndex(spelled, ({ plain }) => plain ?? ''),
  };
}

function maskText(shown: string, forms: Forms): string {
  if (forms.all.length === 0) return shown;
  const open = shown.replaceAll(MASK, HOLE);
  const whole = forms.whole.within(open).reduce((result, { text }) => result.replaceAll(text, HOLE), open);
  const uncut = maskSpelled(maskAcrossLines(whole, forms), forms);
  return maskCutSecrets(uncut, forms.all, { mask: HOLE, marks: MARKS }).replaceAll(HOLE, MASK);
}

function maskAcrossLines(whole: string, forms: Forms): string {
  return cutForms(whole, forms).reduce((result, { text }) => result.replace(acrossLines(text), holeFor), whole);
}

/** The line ends stay: a text that is laid out line by line keeps its number of lines. */
function holeFor(found: string): string {
  return HOLE + (found.match(BREAKS) ?? []).join('');
}

/** Also where only some characters are escaped, or others than in any form. */
function maskSpelled(text: string, forms: Forms): string {
  const words = spelledForms(text, forms).flatMap(({ plain }) => plain ?? []);
  if (words.length === 0) return text;
  return spelledSpans(text, words).reduceRight(
    (result, { from, to }) => result.slice(0, from) + holeFor(result.slice(from, to)) + result.slice(to),
    text,
  );
}

function spelledForms(text: string, forms: Forms): readonly Form[] {
  const plain = plainSpelling(text);
  // As it is it was looked through before.
  return plain === text ? [] : forms.plain.within(plain);
}

function hides(shown: string, forms: Forms): boolean {
  if (forms.whole.within(shown).length > 0 || spelledForms(shown, forms).length > 0) return true;
  return cutForms(shown, forms).some(({ text }) => acrossLines(text).test(shown));
}

/** The forms that line ends may cut in a text. */
function cutForms(shown: string, forms: Forms): readonly Form[] {
  if (shown.search(BREAKS) === -1) return [];
  return forms.cut.within(shown.replace(MARKS, ''));
}

function acrossLines(form: string): RegExp {
  const characters = [...form].map((character) => character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&'));
  return new RegExp(characters.join(`(?:${BREAK})?`), 'g');
}

interface Mask {
  text(text: string): string;
  hides(text: string): boolean;
}

function redactObject<T extends object>(object: T, mask: Mask): T {
  const entries = Object.entries(object).map(([key, value]): [string, unknown] => [
    key,
    isOwnWord(key, value) ? value : redactValue(value, mask),
  ]);
  return Object.assign({ ...object }, Object.fromEntries(entries));
}

function redactValue(value: unknown, mask: Mask): unknown {
  if (typeof value === 'string') return mask.text(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  if (isChange(value)) return redactChange(value, mask);
  if (isContent(value)) return holdsSecret(value, mask) ? withoutBytes(value) : value;
  return value instanceof Uint8Array || value instanceof Secret ? value : redactObject(value, mask);
}

function isChange(value: object): value is Change {
  return 'field' in value && 'before' in value && 'after' in value;
}

/** Where one of two values holds a secret the other may hold the one before it, which nobody knows any more: neither is shown. */
function redactChange(change: Change, mask: Mask): Change {
  const { before, after } = change;
  const isHidden = [before, after].some((value) => isContent(value) && holdsSecret(value, mask));
  const shown = {
    before: isHidden ? hidden(before, mask) : redactField(before, mask),
    after: isHidden ? hidden(after, mask) : redactField(after, mask),
  };
  return { ...redactObject({ ...change, before: null, after: null }, mask), ...shown, ...formerOf(change, mask) };
}

/** What a secret replaces: all of a text, and of a list what goes while one comes. */
function formerOf({ before, after }: Change, mask: Mask): { readonly before?: FieldValue } {
  if (typeof before === 'string' && typeof after === 'string') return before !== after && mask.hides(after) ? { before: MASK } : {};
  if (!isTexts(before) || !isTexts(after)) return {};
  const isSecretNew = after.some((text) => !before.includes(text) && mask.hides(text));
  return isSecretNew ? { before: before.map((text) => (after.includes(text) ? mask.text(text) : MASK)) } : {};
}

function isTexts(value: FieldValue): value is readonly string[] {
  return Array.isArray(value);
}

function hidden(value: FieldValue, mask: Mask): FieldValue {
  return isContent(value) ? withoutBytes(value) : redactField(value, mask);
}

function redactField(value: FieldValue, mask: Mask): FieldValue {
  if (typeof value === 'number') return mask.hides(String(value)) ? MASK : value;
  if (typeof value === 'string') return mask.text(value);
  return isTexts(value) ? value.map((text) => mask.text(text)) : value;
}

function holdsSecret({ bytes }: Content, mask: Mask): boolean {
  return bytes !== null && mask.hides(Buffer.from(bytes).toString('utf8'));
}
