import { dirname } from 'node:path';
import { isContent } from '../../../src/model/content.ts';
import type { Step, StepPlan } from '../../../src/model/step.ts';
import { contentOf } from '../../../src/steps/content.ts';
import { testBase } from './host.ts';
import { planOn } from './view.ts';

const base = testBase(false);
const owned = { mode: '0644', owner: 'root', group: 'root' };

/** Plans an editing step of a file with this content; null: no such file. */
export function planEdit(step: Step, content: string | Uint8Array | null, path = '/etc/f'): StepPlan {
  const now = content === null ? ({ type: 'absent' } as const) : ({ type: 'file', ...owned, content: contentOf(content) } as const);
  return planOn(step, { [`file ${path}`]: now, [`file ${dirname(path)}`]: { type: 'directory', ...owned, mode: '0755' } }, base);
}

/** The bytes after the step: those before it where nothing changes. Throws where it refuses. */
export function editBytes(step: Step, content: string | Uint8Array | null, path?: string): Buffer {
  const plan = planEdit(step, content, path);
  if (plan.result === 'refused' || plan.result === 'skipped') throw new Error(plan.reason);
  if (plan.result === 'ok') return Buffer.from((content ?? '') as string);
  const change = plan.changes.find((each) => each.field === 'content');
  if (change === undefined || !isContent(change.after) || change.after.bytes === null) throw new Error('the content does not change');
  return Buffer.from(change.after.bytes);
}

/** The text after the step. */
export function edit(step: Step, content: string | null, path?: string): string {
  return editBytes(step, content, path).toString('utf8');
}
