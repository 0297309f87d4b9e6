import type { Restore } from '../model/ports.ts';
import { makeStep } from './step.ts';

/** Makes a step that brings facts back to what they were. */
export const restore: Restore = (id, { irreversible }) =>
  makeStep(
    {
      kind: 'restore',
      subject: id,
      reads: [],
      wants: [],
      plan: () => ({ result: 'skipped', reason: `cannot be undone: ${irreversible ?? 'not built yet'}` }),
    },
    {},
  );
