import { diagnose } from '../errors/diagnose.ts';
import type { Draft } from './draft.ts';

/** Reports each cycle of groups at the child that closes it, and takes that child out so that the rest can be read on. */
export function breakCycles(draft: Draft): void {
  const done = new Set<string>();
  for (const name of draft.groups.keys()) descend(draft, name, { trail: [], done });
}

function descend(draft: Draft, name: string, { trail, done }: { trail: readonly string[]; done: Set<string> }): void {
  if (done.has(name)) return;
  const group = draft.groups.get(name);
  const path = [...trail, name];
  for (const [child, where] of [...(group?.children ?? [])]) {
    const start = path.indexOf(child);
    if (start === -1) {
      descend(draft, child, { trail: path, done });
      continue;
    }
    const cycle = [...path.slice(start), child].join(' → ');
    draft.problems.push(
      diagnose('inventory-cycle', `group "${child}" contains itself: ${cycle}`, {
        ...where,
        hint: `take "${child}" out of the children of "${name}"`,
      }),
    );
    group?.children.delete(child);
  }
  done.add(name);
}
