import { expect } from 'vitest';
import type { Run } from '../../src/model/run.ts';
import type { Step } from '../../src/model/step.ts';
import { applySteps, changesOf, failures, inventoryHosts, planSteps } from './drive.ts';
import { lab } from './lab.ts';

/** Desired state on one host, what must then be found there, and ways in which it can go astray. */
export interface KindCase {
  readonly title: string;
  /** `sh` run on the host first. */
  readonly before?: string;
  readonly steps: readonly Step[];
  /** `sh` that looks at the host, and what it must print. */
  readonly look: string;
  readonly found: string;
  /** `sh` that spoils something, and the fields that a plan must then name. */
  readonly drifts?: readonly (readonly [spoil: string, fields: readonly string[]])[];
}

/** Runs `sh` in a host by the back door, which must succeed. */
export async function sh(name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await lab().exec(name, ['sh', '-c', script]);
  expect(code, `${script}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** Applies steps to one host and expects that none fails; resolves to plan and result. */
export async function apply(
  name: string,
  steps: readonly Step[],
  handlers: Readonly<Record<string, Step>> = {},
): Promise<{ plan: Run; applied: Run }> {
  const runs = await applySteps(await inventoryHosts(lab(), [name]), () => steps, { handlers });
  expect(failures(runs.applied)).toEqual([]);
  return runs;
}

/** The fields that a plan of these steps is sure of, in its order. */
export async function plannedFields(name: string, steps: readonly Step[]): Promise<string[]> {
  const planned = await planSteps(await inventoryHosts(lab(), [name]), () => steps, { mode: 'check' });
  await planned.close();
  expect(failures(planned.plan)).toEqual([]);
  return planned.plan.hosts
    .flatMap((host) => host.steps)
    .flatMap((step) => (step.outcome === 'changed' && step.certainty === 'exact' ? step.changes : []))
    .map(({ field }) => field);
}

/** What the plan was sure of is what happened; what it left to the apply is not compared. */
export function expectAsPlanned({ plan, applied }: { readonly plan: Run; readonly applied: Run }): void {
  const sure = new Set(
    plan.hosts.flatMap(({ name, steps }) => steps.flatMap((step) => (step.certainty === 'exact' ? [`${name} ${step.id}`] : []))),
  );
  const isSure = (host: string, id: string): boolean => sure.has(`${host} ${id}`);
  const of = (run: Run): unknown[] =>
    run.hosts.flatMap((host) => changesOf({ ...run, hosts: [host] }, (step) => isSure(host.name, step.id)));
  expect(of(applied)).toEqual(of(plan));
}

/** Applies, looks, applies again without a change, and for every drift: the plan names the fields, and apply repairs them. */
export async function expectKept(name: string, { before, steps, look, found, drifts = [] }: KindCase): Promise<void> {
  if (before !== undefined) await sh(name, before);
  const first = await apply(name, steps);
  expect(await sh(name, look)).toBe(found);
  expect(changesOf(first.applied).length).toBeGreaterThan(0);
  expectAsPlanned(first);
  expect(changesOf((await apply(name, steps)).applied)).toEqual([]);
  for (const [spoil, fields] of drifts) {
    await sh(name, spoil);
    expect(await plannedFields(name, steps), spoil).toEqual(fields);
    await apply(name, steps);
    expect(await sh(name, look), spoil).toBe(found);
    expect(await plannedFields(name, steps), spoil).toEqual([]);
  }
}
