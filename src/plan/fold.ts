import { ANY } from '../model/fact.ts';
import { type Decided, type Decision, type HostStep, levelOf, noticeKey, type Segment, type World } from '../model/planned.ts';
import { advance, obstacle, viewOf } from './world.ts';

/** Decides one step on the world as the steps before it leave it, and moves the world on. */
function decideItem(item: HostStep, world: World): Decided {
  if (item.handler === null) return { item, decision: decide(item, world), notifiedBy: [] };
  const { sure, maybe } = world.notified.get(item.handler) ?? { sure: [], maybe: [] };
  const kept = keptFor(item.handler, world);
  const decision = sure.length + kept.length === 0 ? idleOrMaybe(maybe) : decide(item, world);
  if (kept.length > 0 && decision.kind === 'change') forget(item.handler, world);
  return { item, decision, notifiedBy: [...kept, ...sure, ...maybe] };
}

/** A later play of the same role finds the notification made good. */
function forget(handler: string, world: World): void {
  const value = { kept: false, by: '', run: '' };
  world.facts.set(`notice ${noticeKey(handler)}`, { state: 'known', value });
}

/** The step of an earlier run that notified the handler, where that run did not get to it. */
function keptFor(handler: string, world: World): string[] {
  const fact = world.facts.get(`notice ${noticeKey(handler)}`);
  if (fact?.state !== 'known' || !('kept' in fact.value) || !fact.value.kept) return [];
  return [`${fact.value.by} in run ${fact.value.run}`];
}

function idleOrMaybe(maybe: readonly string[]): Decision {
  const [first] = maybe;
  return first === undefined ? { kind: 'idle' } : { kind: 'unknown', because: first };
}

function decide(item: HostStep, world: World): Decision {
  const { step } = item;
  const hindrance = obstacle(step, world);
  if (hindrance !== null) {
    return 'unknown' in hindrance ? { kind: 'unknown', because: hindrance.unknown } : { kind: 'refused', reason: hindrance.unreadable };
  }
  const plan = step.plan(viewOf(world, item));
  switch (plan.result) {
    case 'ok':
      return { kind: 'ok', note: plan.note ?? null };
    case 'refused':
    case 'skipped':
      return { kind: plan.result, reason: plan.reason };
    case 'change': {
      // A before-value that an earlier action of this run decides is not known yet.
      if (plan.changes.some((change) => isAny(change.before))) return { kind: 'unknown', because: 'an earlier step' };
      if (plan.actions.length > 0) world.pending = item.id;
      const undo = advance(world, plan.predicted, { cloud: plan.cloud ?? 'nothing', by: item.id });
      return { kind: 'change', plan, undo };
    }
  }
}

/** Notes the handlers that a decided step notifies. */
function notify({ item, decision }: Decided, world: World): void {
  if (decision.kind !== 'change' && decision.kind !== 'unknown') return;
  for (const key of item.notifies) {
    const notice = world.notified.get(key) ?? { sure: [], maybe: [] };
    notice[decision.kind === 'change' ? 'sure' : 'maybe'].push(item.id);
    world.notified.set(key, notice);
  }
}

/** The whole plan: every step decided, those behind an unforeseeable action as known after apply. */
export function foldAll(items: readonly HostStep[], world: World): Decided[] {
  return items.map((item) => {
    const decided = decideItem(item, world);
    notify(decided, world);
    return decided;
  });
}

/**
 * Decides steps from `start` up to the first that must wait for an action of this segment or needs other privileges.
 * Every step before `next` is decided for certain.
 */
export function foldSegment(items: readonly HostStep[], start: number, world: World): Segment {
  const decided: Decided[] = [];
  const level = levelOf(items[start]?.become ?? null);
  for (const item of items.slice(start)) {
    if (levelOf(item.become) !== level) break;
    const one = decideItem(item, world);
    if (one.decision.kind === 'unknown') break;
    notify(one, world);
    decided.push(one);
    // What comes behind a check that does not hold yet waits until it does.
    if (one.decision.kind === 'refused' || (one.decision.kind === 'change' && item.step.fresh === true)) break;
  }
  return { decided, next: start + decided.length };
}

/** Predictions leave ANY where only the host decides; it must not show up as a before-value. */
function isAny(value: unknown): boolean {
  return value === ANY;
}
