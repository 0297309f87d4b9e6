import { type FactRequest, factId } from '../model/fact.ts';
import type { HostStep, World } from '../model/planned.ts';
import type { Part } from '../model/rollout.ts';

const VISITS: ReadonlySet<Part> = new Set<Part>(['once', 'before', 'after', 'gate']);

/** True for steps around a host's work: time has passed since the host was read, and the work itself. */
export function isVisit(items: readonly HostStep[]): boolean {
  return VISITS.has(items[0]?.part ?? 'roles');
}

/** Forgets what the checks among these steps (`fresh`) found; what one of `others` looks at too is kept. */
export function forgetChecks(items: readonly HostStep[], world: World, others: readonly HostStep[] = []): void {
  const kept = new Set(others.flatMap(({ step }) => step.reads.map(factId)));
  for (const { step } of items) {
    if (step.fresh !== true) continue;
    for (const request of step.reads) if (!kept.has(factId(request))) forget(request, world);
  }
}

function forget(request: FactRequest, { facts }: World): void {
  if (facts.get(factId(request))?.state === 'known') facts.set(factId(request), { state: 'unknown', because: 'earlier changes' });
}

/** Whether a fact is to be read. */
export function isUnknown(world: World): (request: FactRequest) => boolean {
  return (request) => world.facts.get(factId(request))?.state === 'unknown';
}
