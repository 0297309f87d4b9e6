/** One entry of a list-valued parameter, and where it stands. */
interface Entry {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Entries of a list: parted by commas and white space, what is in braces whole (postconf(5), MILTER_README). */
export function entriesOf(list: string): readonly string[] {
  return parse(list).map((entry) => entry.text);
}

/** What an entry is about: itself, or in `{ inet:localhost:8891, default_action=accept }` the first word. */
export function subjectOf(entry: string): string {
  return /^\{\s*([^\s,{}]+)[\s\S]*\}$/.exec(entry)?.[1] ?? entry;
}

/**
 * The list with this entry, all others as they stand. One that is about the same thing is replaced where it stands, further ones go; a new
 * one comes last.
 */
export function including(list: string, entry: string): string {
  const own = parse(list).filter((each) => subjectOf(each.text) === subjectOf(entry));
  const [first, ...rest] = own;
  if (first === undefined) return list.trim() === '' ? entry : `${list.trimEnd().replace(/,$/, '')}, ${entry}`;
  const kept = without(list, rest);
  return first.text === entry ? kept : kept.slice(0, first.from) + entry + kept.slice(first.to);
}

/** The list without the entries that are this one or are about it. */
export function excluding(list: string, entry: string): string {
  return without(
    list,
    parse(list).filter((each) => subjectOf(each.text) === subjectOf(entry)),
  );
}

/** Takes entries out, from the last on, each with the separator before it (the first with the one behind it). */
function without(list: string, entries: readonly Entry[]): string {
  return [...entries].reverse().reduce((text, { from, to }) => {
    const before = text.slice(0, from).replace(/[\s,]+$/, '');
    const behind = text.slice(to);
    return before === '' ? behind.replace(/^[\s,]+/, '') : before + behind;
  }, list);
}

function parse(list: string): readonly Entry[] {
  const outside = [...blankBraces(list).matchAll(/[^\s,]+/g)];
  return outside.map(({ 0: word, index }) => ({ text: list.slice(index, index + word.length), from: index, to: index + word.length }));
}

/** The list with all that is inside of braces as `-`, so that only what parts entries is left of commas and space. */
function blankBraces(list: string): string {
  let depth = 0;
  return list
    .split('')
    .map((letter) => {
      if (letter === '}') depth = Math.max(0, depth - 1);
      const shown = depth > 0 ? '-' : letter;
      if (letter === '{') depth += 1;
      return shown;
    })
    .join('');
}
