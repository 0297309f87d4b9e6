import type { Step } from '../model/step.ts';
import { type Edited, type EditOptions, editStep } from './edit.ts';
import { StepArgumentError } from './step.ts';
import {
  type Anchors,
  anchorName,
  bodyOf,
  checkAnchors,
  checkOneLine,
  decoded,
  encoded,
  insertAt,
  insertionPoint,
  type Lines,
  matcherOf,
  type Pattern,
  withBody,
} from './text.ts';

/** Desired state of one line in a text file. */
export interface LineOptions extends EditOptions, Anchors {
  /** The line, without its line end. With `state: 'absent'` and `match` it may be left out. */
  readonly line?: string | undefined;
  /**
   * The line that is replaced: the last that matches this expression, or begins with this string; earlier ones are left alone. The new
   * line must match as well. With `state: 'absent'`: all lines that match go. Default: only a line that is equal.
   */
  readonly match?: Pattern | undefined;
  /**
   * What becomes of the line that `match` finds, from what it is; `line` is then what is added where none matches (without it that is
   * refused). For lines that others edit too: what they wrote can be kept. Pure, and its own result stays as it is.
   */
  readonly rewrite?: ((found: string) => string) | undefined;
  /** Where a new line goes: behind the last line that matches. Default: the end of the file. Refused when nothing matches. */
  readonly after?: Pattern | undefined;
  /** Where a new line goes: before the first line that matches. */
  readonly before?: Pattern | undefined;
}

/**
 * One line in a text file, there or not there. Line ends (LF, CRLF, none at the end) and all other bytes stay as they are.
 * Throws StepArgumentError for wrong arguments, also for a `line` that its own `match` does not match: it would be added at every run.
 */
export function line(options: LineOptions): Step {
  const { match, rewrite, state = 'present' } = options;
  checkAnchors('line', options);
  if (rewrite !== undefined && (match === undefined || state === 'absent')) {
    throw new StepArgumentError(`line: ${options.path}: rewrite goes with match, and with state 'present'`);
  }
  if (options.line !== undefined) checkOneLine('line', 'line', options.line);
  const body = options.line === undefined ? undefined : encoded(options.line);
  const matches = match === undefined ? undefined : matcherOf(match);
  if (state === 'present') checkPresent(options, body, matches);
  else if (body === undefined && match === undefined) throw new StepArgumentError(`line: ${options.path} needs line or match`);
  const isWanted = matches ?? ((other: string): boolean => other === body);
  const subject = options.line ?? String(match);
  return editStep(
    {
      kind: 'line',
      subject: `${options.path} ${subject}`,
      wants: state === 'present' ? { line: options.line } : { state },
      edit: (lines) => (state === 'present' ? put(lines, { body, isWanted, options }) : drop(lines, isWanted)),
    },
    options,
  );
}

function checkPresent(
  { path, line: text, match, rewrite }: LineOptions,
  body: string | undefined,
  matches: ((body: string) => boolean) | undefined,
): void {
  if (body === undefined && rewrite !== undefined) return;
  if (body === undefined) throw new StepArgumentError(`line: ${path} needs line`);
  if (matches !== undefined && !matches(body)) {
    throw new StepArgumentError(
      `line: ${JSON.stringify(text)} does not match its own pattern ${typeof match === 'string' ? JSON.stringify(match) : match}, so it would be added at every run`,
    );
  }
}

interface Put {
  /** undefined: only with `rewrite`. */
  readonly body: string | undefined;
  readonly isWanted: (body: string) => boolean;
  readonly options: LineOptions;
}

function put(lines: Lines, { body, isWanted, options }: Put): Edited {
  const at = lines.findLastIndex((other) => isWanted(bodyOf(other)));
  if (at !== -1) {
    const made = options.rewrite === undefined ? (body ?? '') : rewritten(bodyOf(lines[at] ?? ''), { isWanted, rewrite: options.rewrite });
    if (typeof made !== 'string') return made;
    return { lines: lines.map((other, index) => (index === at ? withBody(other, made) : other)) };
  }
  if (body === undefined) return { refused: `no line matches ${anchorName({ after: options.match })}` };
  const point = insertionPoint(lines, options);
  if (point === null) return { refused: `no line matches ${anchorName(options)}, so there is no place for the new line` };
  return { lines: insertAt(lines, point, [body]) };
}

interface Rewriting {
  readonly isWanted: (body: string) => boolean;
  readonly rewrite: (found: string) => string;
}

/** The body of the new line. What would change again at the next run is refused. */
function rewritten(found: string, { isWanted, rewrite }: Rewriting): string | { readonly refused: string } {
  const text = rewrite(decoded(found));
  // As it is: bytes that are no UTF-8 would not survive.
  if (text === decoded(found)) return found;
  const body = encoded(text);
  if (!/[\r\n\0]/.test(text) && isWanted(body) && rewrite(text) === text) return body;
  return { refused: `rewrite makes ${JSON.stringify(text)} of a line, which it would not leave alone at the next run` };
}

function drop(lines: Lines, isWanted: (body: string) => boolean): Edited {
  return { lines: lines.filter((other) => !isWanted(bodyOf(other))) };
}
