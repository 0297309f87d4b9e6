/** What stands where a text was cut. */
const CUT = '…';

/** Shorter pieces of a secret are left: they could be pieces of anything. */
const SHORTEST_PIECE = 4;

/** How far from a cut a piece of a secret may reach, in characters. */
const REACH = 4000;

interface CutForm {
  /** The secret in one of its forms, without what does not count. */
  readonly core: string;
}

/** A text in which pieces of secrets that were cut in two, behind and before each `…`, are replaced by `mask`. `marks`: what does not count. */
export function maskCutSecrets(
  text: string,
  forms: readonly CutForm[],
  { mask, marks }: { readonly mask: string; readonly marks: RegExp },
): string {
  if (!text.includes(CUT)) return text;
  const isMark = (character: string): boolean => character === '\ufffd' || character.replace(marks, '') === '';
  const pieces = text.split(CUT);
  return pieces
    .map((piece, index) => {
      const behind = index === 0 ? piece : withoutEnd(piece, forms, { mask, isMark });
      return index === pieces.length - 1 ? behind : withoutBeginning(behind, forms, { mask, isMark });
    })
    .join(CUT);
}

interface Masking {
  readonly mask: string;
  isMark(character: string): boolean;
}

/** Behind a cut stands the end of a secret. */
function withoutEnd(piece: string, forms: readonly CutForm[], { mask, isMark }: Masking): string {
  const near = piece.slice(0, REACH);
  const core = [...near].filter((character) => !isMark(character)).join('');
  const first = core.slice(0, SHORTEST_PIECE);
  if (first.length < SHORTEST_PIECE) return piece;
  const found = longest(
    forms,
    (form) => occurrences(form, first).find((at) => core.startsWith(form.slice(at))),
    (form, at) => form.length - at,
  );
  return found === 0 ? piece : mask + piece.slice(rawLength(near, found, isMark));
}

/** Before a cut stands the beginning of one. */
function withoutBeginning(piece: string, forms: readonly CutForm[], { mask, isMark }: Masking): string {
  const near = [...piece.slice(-REACH)].reverse().join('');
  const core = [...near]
    .filter((character) => !isMark(character))
    .reverse()
    .join('');
  const last = core.slice(-SHORTEST_PIECE);
  if (last.length < SHORTEST_PIECE) return piece;
  const found = longest(
    forms,
    (form) => occurrences(form, last).findLast((at) => core.endsWith(form.slice(0, at + SHORTEST_PIECE))),
    (_, at) => at + SHORTEST_PIECE,
  );
  return found === 0 ? piece : piece.slice(0, piece.length - rawLength(near, found, isMark)) + mask;
}

function longest(
  forms: readonly CutForm[],
  find: (form: string) => number | undefined,
  lengthOf: (form: string, at: number) => number,
): number {
  let most = 0;
  for (const { core } of forms) {
    const at = find(core);
    if (at !== undefined) most = Math.max(most, lengthOf(core, at));
  }
  return most;
}

function occurrences(form: string, part: string): readonly number[] {
  const found: number[] = [];
  for (let at = form.indexOf(part); at !== -1; at = form.indexOf(part, at + 1)) found.push(at);
  return found;
}

/** How many characters of a text hold so many that count. */
function rawLength(text: string, counting: number, isMark: Masking['isMark']): number {
  let [left, length] = [counting, 0];
  for (const character of text) {
    if (left <= 0) break;
    length += character.length;
    // The core is measured as strings are.
    if (!isMark(character)) left -= character.length;
  }
  return length;
}
