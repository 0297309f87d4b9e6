import { z } from 'zod';
import type { HostPlay } from '../../src/model/ports.ts';
import type { Role } from '../../src/model/role.ts';
import type { Part, RolloutSettings } from '../../src/model/rollout.ts';
import type { HostVisits, OnceVisit, PlayTask, RolloutTask, Visit } from '../../src/model/rollout-task.ts';
import type { Step } from '../../src/model/step.ts';
import { host, play, type RigOptions } from './rig.ts';

/** Steps of a visit, on another host where one is named. */
export interface Around {
  readonly on?: string;
  readonly steps: readonly Step[];
  readonly per?: 'run' | 'batch';
}

/** A rollout of one play as a test describes it. */
export interface RolloutPlan {
  readonly settings?: Partial<RolloutSettings>;
  /** Vars by host, for failure domains. */
  readonly hosts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly steps: (host: string) => readonly Step[];
  readonly handlers?: Readonly<Record<string, Step>>;
  readonly once?: (host: string) => readonly Around[];
  readonly before?: (host: string) => readonly Around[];
  readonly after?: (host: string) => readonly Around[];
  readonly gate?: (host: string) => readonly Around[];
  readonly owed?: readonly string[];
  readonly firstBatch?: number;
}

const SETTINGS: RolloutSettings = {
  serial: [],
  order: { kind: 'inventory' },
  spread: [],
  maxFailures: { batch: null, total: { kind: 'count', count: 0 } },
  onFailure: 'putBack',
  soakMs: 0,
  onGateFailure: 'halt',
};

/** A play without a rollout. */
export interface PlainPlan {
  readonly plain: (host: string) => readonly Step[];
}

/** What `Rig.run` takes for a rollout: the plays of each host, and the play with its visits. */
export function rollout(plan: RolloutPlan): { plays: (host: string) => readonly HostPlay[]; options: RigOptions } {
  return playbook([plan]);
}

/** The same for several plays of the same hosts, one after the other. */
export function playbook(plans: readonly (RolloutPlan | PlainPlan)[]): {
  plays: (host: string) => readonly HostPlay[];
  options: RigOptions;
} {
  const own = new Map<string, HostPlay[]>(
    plans.flatMap((plan) => ('plain' in plan ? [] : Object.keys(plan.hosts).map((name) => [name, []]))),
  );
  let visits = plans.length;
  const plays = plans.map((plan, index): PlayTask => {
    const name = `play ${index}`;
    if ('plain' in plan) {
      for (const [of, all] of own) all.push(play(index, plan.plain(of)));
      return { index, name, rollout: null };
    }
    const task = rolloutTask(plan, index, { own, nextVisit: () => visits++ });
    return { index, name, rollout: task };
  });
  return { plays: (name) => own.get(name) ?? [], options: { plays, take: [...own.keys()] } };
}

function rolloutTask(
  plan: RolloutPlan,
  index: number,
  { own, nextVisit }: { own: ReadonlyMap<string, HostPlay[]>; nextVisit: () => number },
): RolloutTask {
  const visit = (name: string, part: Part, { on, steps }: Around): Visit => {
    const made = around(nextVisit(), part, steps);
    if (on === undefined || on === name) own.get(name)?.push(made);
    return { host: host(on ?? name), play: made };
  };
  const visits = new Map<string, HostVisits>();
  for (const name of Object.keys(plan.hosts)) {
    const all = (part: Part, of: ((host: string) => readonly Around[]) | undefined): Visit[] =>
      (of?.(name) ?? []).map((each) => visit(name, part, each));
    const once = (plan.once?.(name) ?? []).map((each): OnceVisit => ({ ...visit(name, 'once', each), per: each.per ?? 'batch' }));
    const before = all('before', plan.before);
    own.get(name)?.push(play(index, plan.steps(name), plan.handlers));
    visits.set(name, { once, before, after: all('after', plan.after), gate: all('gate', plan.gate) });
  }
  return {
    settings: { ...SETTINGS, ...plan.settings },
    hosts: Object.entries(plan.hosts).map(([name, vars]) => ({ name, vars })),
    visits,
    owed: new Set(plan.owed),
    firstBatch: plan.firstBatch ?? 0,
  };
}

function around(index: number, part: Part, steps: readonly Step[]): HostPlay {
  const role: Role = { drover: 'role', name: part, description: '', platforms: 'any', params: z.unknown(), steps: () => ({ steps }) };
  return { index, part, name: 'play 0', become: null, allow: { reboot: false, disconnect: false }, roles: [{ role, params: {} }] };
}
