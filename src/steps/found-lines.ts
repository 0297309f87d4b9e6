import type { StepPlan } from '../model/step.ts';
import { type FoundFile, inTheWay, refuse } from './regular-file.ts';
import { linesOf } from './text.ts';

/** The lines of a file that a step edits beside other things; none where it is absent; a refusal where it cannot be edited. */
export function foundLines(path: string, { now }: Pick<FoundFile, 'now'>): string[] | StepPlan {
  if (now.type === 'absent') return [];
  if (now.type !== 'file') return refuse(now.type === 'link' ? `${path} is a symbolic link to ${now.target}` : inTheWay(path, now));
  const bytes = now.content?.bytes;
  return bytes === null || bytes === undefined ? refuse(`${path} is longer than drover reads (4 MiB)`) : linesOf(bytes);
}
