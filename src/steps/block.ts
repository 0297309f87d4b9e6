import { Secret } from '../model/secret.ts';
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
  lineEnd,
  type Pattern,
} from './text.ts';

/** Desired state of a block of lines between two marker lines. */
export interface BlockOptions extends EditOptions, Anchors {
  /** Name of the block, unique in the file; it stands in the markers `# BEGIN drover NAME` and `# END drover NAME`. */
  readonly name: string;
  /** The lines between the markers. Left out with `state: 'absent'`. */
  readonly block?: string | Secret | undefined;
  /** What makes a line a comment in this file: `#` (default), `;`, `//`, or a pair such as `['<!--', '-->']`. */
  readonly comment?: string | readonly [string, string] | undefined;
  /** Where a new block goes: behind the last line that matches. Default: the end of the file. Refused when nothing matches. */
  readonly after?: Pattern | undefined;
  /** Where a new block goes: before the first line that matches. */
  readonly before?: Pattern | undefined;
}

/**
 * Lines between two markers, all else untouched. A block that is there stays where it is. Refused where the markers do not make
 * exactly one pair. Throws StepArgumentError for wrong arguments.
 */
export function block(options: BlockOptions): Step {
  const { name, state = 'present' } = options;
  checkAnchors('block', options);
  checkOneLine('block', 'name', name);
  if (name.trim() === '' || name !== name.trim())
    throw new StepArgumentError(`block: name ${JSON.stringify(name)} must not begin or end with a space`);
  const text = options.block instanceof Secret ? options.block.reveal() : options.block;
  if (state === 'present' && typeof text !== 'string') throw new StepArgumentError(`block: ${name} needs block`);
  const markers = markersOf(name, options.comment ?? '#');
  const bodies = bodiesOf(text ?? '');
  const taken = bodies.find((body) => markers.includes(body));
  if (taken !== undefined) throw new StepArgumentError(`block: ${name} contains its own marker`);
  return editStep(
    {
      kind: 'block',
      subject: `${options.path} ${name}`,
      secret: options.block instanceof Secret,
      wants: state === 'present' ? { block: text } : { state },
      edit: (lines) => (state === 'present' ? put(lines, { markers, bodies, anchors: options }) : drop(lines, markers)),
    },
    options,
  );
}

type Markers = readonly [string, string];

function markersOf(name: string, comment: string | readonly [string, string]): Markers {
  const [open, close] = typeof comment === 'string' ? [comment, ''] : comment;
  checkOneLine('block', 'comment', open);
  checkOneLine('block', 'comment', close);
  const marker = (word: string): string => encoded([open, word, 'drover', name, close].filter((part) => part !== '').join(' '));
  return [marker('BEGIN'), marker('END')];
}

function bodiesOf(text: string): string[] {
  if (text.includes('\0')) throw new StepArgumentError('block: block contains a NUL byte');
  const bodies = encoded(text).split(/\r?\n/);
  if (bodies.at(-1) === '') bodies.pop();
  return bodies;
}

/** Indexes of the marker lines; null when there are none. */
function find(lines: Lines, [begin, end]: Markers): { readonly from: number; readonly to: number } | { readonly refused: string } | null {
  const places = (marker: string): number[] => lines.flatMap((line, index) => (bodyOf(line) === marker ? [index] : []));
  const begins = places(begin);
  const ends = places(end);
  const [from] = begins;
  const [to] = ends;
  if (from === undefined && to === undefined) return null;
  if (from !== undefined && to !== undefined && from < to && begins.length === 1 && ends.length === 1) return { from, to };
  const count = `${begins.length} begin and ${ends.length} end`;
  return {
    refused: `the markers of the block are damaged (${count}, the first in line ${Math.min(from ?? to ?? 0, to ?? from ?? 0) + 1}); mend the file by hand`,
  };
}

function put(lines: Lines, { markers, bodies, anchors }: { markers: Markers; bodies: readonly string[]; anchors: Anchors }): Edited {
  const found = find(lines, markers);
  if (found === null) {
    const point = insertionPoint(lines, anchors);
    if (point === null) return { refused: `no line matches ${anchorName(anchors)}, so there is no place for the block` };
    return { lines: insertAt(lines, point, [markers[0], ...bodies, markers[1]]) };
  }
  if ('refused' in found) return found;
  const now = lines.slice(found.from + 1, found.to).map(bodyOf);
  if (now.length === bodies.length && now.every((body, index) => body === bodies[index])) return { lines };
  const end = lineEnd(lines);
  return { lines: [...lines.slice(0, found.from + 1), ...bodies.map((body) => body + end), ...lines.slice(found.to)] };
}

function drop(lines: Lines, markers: Markers): Edited {
  const found = find(lines, markers);
  if (found === null) return { lines };
  return 'refused' in found ? found : { lines: [...lines.slice(0, found.from), ...lines.slice(found.to + 1)] };
}
