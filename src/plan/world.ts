import { type BaseFacts, type FactKind, type FactState, type FactValues, type FactView, factId } from '../model/fact.ts';
import { type HostStep, levelOf, type World } from '../model/planned.ts';
import type { UndoFact } from '../model/run.ts';
import type { Cloud, Prediction, Step } from '../model/step.ts';

/** A host's facts before anything is planned. */
export function makeWorld(bases: ReadonlyMap<string, BaseFacts>, facts: ReadonlyMap<string, FactState>): World {
  return { bases: new Map(bases), facts: new Map(facts), pending: null, notified: new Map() };
}

/** Why a step cannot be planned yet or at all; null when all its facts are known. */
export function obstacle(step: Step, world: World): { readonly unknown: string } | { readonly unreadable: string } | null {
  if (step.fresh === true && world.pending !== null) hideReads(step, world, world.pending);
  let unknown: string | null = null;
  for (const request of step.reads) {
    const fact = world.facts.get(factId(request));
    if (fact?.state === 'unreadable') return { unreadable: `cannot read ${request.kind} ${request.key}: ${fact.reason}` };
    if (fact?.state === 'unknown') unknown ??= fact.because;
    if (fact === undefined) throw new Error(`a step reads ${request.kind} ${request.key}, which was not gathered`);
  }
  return unknown === null ? null : { unknown };
}

function hideReads(step: Step, world: World, because: string): void {
  for (const request of step.reads) world.facts.set(factId(request), { state: 'unknown', because });
}

/** The facts of the world as `plan` functions see them. */
export function viewOf(world: World, { step, become }: HostStep): FactView {
  const base = world.bases.get(levelOf(become));
  if (base === undefined) throw new Error('a step runs at a privilege level whose base facts were not gathered');
  return {
    base,
    get<K extends FactKind>(kind: K, key: string): FactValues[K] {
      const fact = world.facts.get(`${kind} ${key}`);
      if (fact?.state !== 'known') throw new Error(`${step.kind}[${step.subject}] looks at ${kind} ${key}, which is not among its reads`);
      return fact.value as FactValues[K]; // facts are kept by kind and key, so the kind fixes the type
    },
  };
}

/** Puts predictions into the world and hides what the action clouds. Returns the facts that are replaced, for undo. */
export function advance(world: World, predicted: readonly Prediction[], { cloud, by }: { cloud: Cloud; by: string }): UndoFact[] {
  const touched = predicted.flatMap((prediction) => keysTouched(world, prediction));
  const undo = touched.flatMap(({ kind, key, value }): UndoFact[] => {
    const fact = world.facts.get(factId({ kind, key }));
    if (fact?.state !== 'known') return [];
    return [{ kind, key, before: fact.value, ...(isThere(fact.value) && !isThere(value) ? { isGone: true } : {}) }];
  });
  if (cloud !== 'nothing') hide(world, cloud, by);
  for (const { kind, key, value } of touched) world.facts.set(factId({ kind, key }), { state: 'known', value });
  return undo;
}

/** False for a value of something that does not exist. */
export function isThere(value: FactValues[FactKind]): boolean {
  if ('type' in value) return value.type !== 'absent';
  if ('load' in value) return value.load !== 'not-found';
  if ('installed' in value) return value.installed !== false;
  if ('present' in value) return value.present !== false;
  return !('exists' in value) || value.exists !== false;
}

interface Touched {
  readonly kind: FactKind;
  readonly key: string;
  readonly value: FactValues[FactKind];
}

/** A `tree` prediction touches the path and every known path below it. */
function keysTouched(world: World, prediction: Prediction): Touched[] {
  if (prediction.kind !== 'tree') {
    // ANY parts stay in the value until the re-read; `foldStep` keeps them out of changes.
    return [{ kind: prediction.kind, key: prediction.key, value: prediction.value as FactValues[FactKind] }];
  }
  const gone: FactValues['file'] = { type: 'absent' };
  const below = [...world.facts.keys()].filter((id) => id.startsWith(`file ${prediction.key}/`)).map((id) => id.slice('file '.length));
  return [prediction.key, ...below].map((key) => ({ kind: 'file', key, value: gone }));
}

function hide(world: World, cloud: Exclude<Cloud, 'nothing'>, by: string): void {
  for (const [id, fact] of world.facts) {
    if (id.startsWith('notice ')) continue;
    if (fact.state === 'known' && (cloud === 'everything' || mayAppear(id, fact.value)))
      world.facts.set(id, { state: 'unknown', because: by });
  }
}

/** Things that are absent and that a package may bring; a guard's answer may rest on any of them. */
function mayAppear(id: string, value: FactValues[FactKind]): boolean {
  if (id.startsWith('guard ')) return true;
  if ('type' in value) return value.type === 'absent';
  if ('load' in value) return value.load === 'not-found';
  if ('exists' in value) return !value.exists;
  if (id.startsWith('module ') && 'state' in value) return value.state === 'absent';
  return (id.startsWith('sysctl ') || id.startsWith('sysfs ')) && 'value' in value && value.value === null;
}
