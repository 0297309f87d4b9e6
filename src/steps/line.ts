import type { Step } from '../model/step.ts';
import { type Edited, type EditOptions, editStep } from './edit.ts';
import { StepArgumentError } from './step.ts';
import {
  type Anchors,
  anchorName,
  bodyOf,
  checkAnchors,
  checkOneLine,
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
  const { match, state = 'present' } = options;
  checkAnchors('line', options);
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
      edit: (lines) => (state === 'present' ? put(lines, { body: body ?? '', isWanted, anchors: options }) : drop(lines, isWanted)),
    },
    options,
  );
}

function checkPresent(
  { path, line: text, match }: LineOptions,
  body: string | undefined,
  matches: ((body: string) => boolean) | undefined,
): void {
  if (body === undefined) throw new StepArgumentError(`line: ${path} needs line`);
  if (matches !== undefined && !matches(body)) {
    throw new StepArgumentError(
      `line: ${JSON.stringify(text)} does not match its own pattern ${typeof match === 'string' ? JSON.stringify(match) : match}, so it would be added at every run`,
    );
  }
}

interface Put {
  readonly body: string;
  readonly isWanted: (body: string) => boolean;
  readonly anchors: Anchors;
}

function put(lines: Lines, { body, isWanted, anchors }: Put): Edited {
  const at = lines.findLastIndex((other) => isWanted(bodyOf(other)));
  if (at !== -1) return { lines: lines.map((other, index) => (index === at ? withBody(other, body) : other)) };
  const point = insertionPoint(lines, anchors);
  if (point === null) return { refused: `no line matches ${anchorName(anchors)}, so there is no place for the new line` };
  return { lines: insertAt(lines, point, [body]) };
}

function drop(lines: Lines, isWanted: (body: string) => boolean): Edited {
  return { lines: lines.filter((other) => !isWanted(bodyOf(other))) };
}
