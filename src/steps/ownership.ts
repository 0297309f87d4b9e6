import type { Ownership } from '../model/action.ts';
import { ANY, type Any, type BaseFacts, type FileFact } from '../model/fact.ts';
import type { Change } from '../model/step.ts';

const FIELDS = ['mode', 'owner', 'group'] as const;

/** Which of mode, owner and group differ, as changes and as the values to set. */
export function ownershipChanges(
  desired: Ownership,
  now: { readonly mode: string; readonly owner: string; readonly group: string },
): { changes: Change[]; after: { mode?: string; owner?: string; group?: string } } {
  const changes: Change[] = [];
  const after: { mode?: string; owner?: string; group?: string } = {};
  for (const field of FIELDS) {
    const wanted = desired[field];
    if (wanted === undefined || wanted === now[field]) continue;
    changes.push({ field, before: now[field], after: wanted });
    after[field] = wanted;
  }
  return { changes, after };
}

/** Owner and group that a new thing will have: as asked, else those of the user that creates it. */
export function predictedOwner(
  desired: Pick<Ownership, 'owner' | 'group'>,
  { parent, base }: { readonly parent: FileFact; readonly base: BaseFacts },
): { owner: string; group: string | Any } {
  return { owner: desired.owner ?? base.as.user, group: desired.group ?? inheritedGroup(parent, base) };
}

/** A set-group-ID directory hands its group down (inode(7)); through a link its mode is not known. */
function inheritedGroup(parent: FileFact, base: BaseFacts): string | Any {
  if (parent.type !== 'directory') return ANY;
  return (Number.parseInt(parent.mode, 8) & 0o2000) === 0 ? base.as.group : parent.group;
}
