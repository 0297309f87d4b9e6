import type { Ownership } from '../model/action.ts';
import { ANY, type Any, type BaseFacts, type FileFact } from '../model/fact.ts';
import type { Change } from '../model/step.ts';
import { StepArgumentError } from './step.ts';

const FIELDS = ['mode', 'owner', 'group'] as const;

/** Mode, owner and group as found. */
export interface Owned {
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

/** Throws unless owner and group are names. Numbers are refused: a fact shows the name, so they would never count as right. */
export function checkOwner(kind: string, { owner, group }: Pick<Ownership, 'owner' | 'group'>): void {
  for (const [field, name] of Object.entries({ owner, group })) {
    if (name === undefined) continue;
    if (typeof name !== 'string' || !/^[^\s:-][^\s:]*$/.test(name) || /^\d+$/.test(name)) {
      throw new StepArgumentError(`${kind}: ${field} ${JSON.stringify(name)} must be a name, such as 'www-data'`);
    }
  }
}

/**
 * Which of mode, owner and group differ: as changes, as the values that will then hold (`after`), and as what an action has to set.
 * `set` has the mode as well where chown(2) would clear its set-ID bits.
 */
export function ownershipChanges(
  desired: Ownership,
  now: Owned,
): { changes: Change[]; after: { mode?: string; owner?: string; group?: string }; set: Ownership } {
  const changes: Change[] = [];
  const after: { mode?: string; owner?: string; group?: string } = {};
  for (const field of FIELDS) {
    const wanted = desired[field];
    if (wanted === undefined || wanted === now[field]) continue;
    changes.push({ field, before: now[field], after: wanted });
    after[field] = wanted;
  }
  const loses = (after.owner !== undefined || after.group !== undefined) && hasBits(after.mode ?? now.mode, 0o6000);
  return { changes, after, set: loses ? { mode: now.mode, ...after } : after };
}

/** Whether a mode has any of these bits; false where it is decided by an earlier action. */
export function hasBits(mode: unknown, bits: number): boolean {
  return typeof mode === 'string' && (Number.parseInt(mode, 8) & bits) !== 0;
}

/** Owner and group that a new thing will have (as asked, else those of the user that creates it), and what an action has to set for it. */
export function newOwner(
  desired: Pick<Ownership, 'owner' | 'group'>,
  { parent, base }: { readonly parent: FileFact; readonly base: BaseFacts },
): { owner: string; group: string | Any; set: Pick<Ownership, 'owner' | 'group'> } {
  const inherited = inheritedGroup(parent, base);
  const set = {
    owner: desired.owner === base.as.user ? undefined : desired.owner,
    group: desired.group === inherited ? undefined : desired.group,
  };
  return { owner: desired.owner ?? base.as.user, group: desired.group ?? inherited, set };
}

/** A set-group-ID directory hands its group down (inode(7)); through a link its mode is not known. */
function inheritedGroup(parent: FileFact, base: BaseFacts): string | Any {
  if (parent.type !== 'directory' || typeof parent.mode !== 'string') return ANY;
  return hasBits(parent.mode, 0o2000) ? parent.group : base.as.group;
}
