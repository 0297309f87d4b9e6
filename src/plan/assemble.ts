import type { BaseFacts } from '../model/fact.ts';
import type { Host } from '../model/host.ts';
import { type HostStep, levelOf } from '../model/planned.ts';
import { becomeOfHostRole, type HostPlay, type HostRole } from '../model/ports.ts';
import type { Platform, Role } from '../model/role.ts';
import type { Step } from '../model/step.ts';

/**
 * Asks the play's roles for their steps, in order, then handlers, then proofs; all of a role's have the rights of its use, and the role sees the base
 * facts of that privilege level. A role that refuses becomes a step that refuses. Ids go through `redact`: they are written down on hosts, too.
 */
export function assemblePlay(
  play: HostPlay,
  host: Host,
  bases: ReadonlyMap<string, BaseFacts>,
  redact: (text: string) => string = asItIs,
): HostStep[] {
  const parts = play.roles.map((use) => {
    const base = bases.get(levelOf(becomeOfHostRole(play, use)));
    if (base === undefined) throw new Error(`role ${use.role.name} runs at a privilege level whose base facts were not gathered`);
    return stepsOf(use, { play, host, base });
  });
  const handlers = mergeHandlers(parts.flatMap((part) => part.handlers));
  const all = [...parts.flatMap((part) => part.steps), ...handlers, ...parts.flatMap((part) => part.proofs)];
  return numberRepeats(all.map((item) => ({ ...item, id: redact(item.id) })));
}

const asItIs = (text: string): string => text;

interface Parts {
  readonly steps: readonly HostStep[];
  readonly handlers: readonly HostStep[];
  readonly proofs: readonly HostStep[];
}

interface Context {
  readonly play: HostPlay;
  readonly host: Host;
  readonly base: BaseFacts;
}

function stepsOf(use: HostRole, { play, host, base }: Context): Parts {
  const { role, params } = use;
  const handlerKey = (name: string): string => handlerKeyOf(play, use, name);
  const common = {
    play: play.index,
    part: play.part,
    playName: play.name,
    role: role.name,
    become: becomeOfHostRole(play, use),
    handler: null,
    notifies: [],
  };
  const refuse = (reason: string): Parts => ({
    steps: [{ ...common, id: role.name, step: refusal(role.name, reason) }],
    handlers: [],
    proofs: [],
  });
  const unsupported = platformProblem(role, base);
  if (unsupported !== null) return refuse(unsupported);
  try {
    const made = role.steps({ params, facts: base, allow: play.allow, host: { name: host.name, groups: host.groups, vars: host.vars } });
    if ('refused' in made) return refuse(made.refused);
    const handlers = Object.entries(made.handlers ?? {});
    const unknown = unknownHandler(made.steps, new Set(handlers.map(([name]) => name)));
    if (unknown !== null) return refuse(unknown);
    const own = (step: Step): HostStep => ({ ...common, id: stepId(role.name, step), step });
    return {
      steps: made.steps.map((step) => ({ ...own(step), notifies: step.notify.map(handlerKey) })),
      proofs: (made.proofs ?? []).map(own),
      handlers: handlers.flatMap(([name, steps]) =>
        [steps].flat().map((step) => ({ ...common, id: `${role.name}/handler[${name}]`, step, handler: handlerKey(name) })),
      ),
    };
  } catch (error) {
    // A role is somebody's code: what it throws is this host's failure in the plan, with the words of the error.
    return refuse(`the role's steps could not be made: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Handlers belong to a role within a play, and to whom the role becomes: the same name elsewhere is another handler. */
function handlerKeyOf(play: HostPlay, use: HostRole, name: string): string {
  const become = becomeOfHostRole(play, use);
  const as = levelOf(become) === levelOf(play.become) ? '' : ` as ${become?.user ?? 'the login user'}`;
  return `${play.index}/${use.role.name}/${name}${as}`;
}

function stepId(role: string, step: Step): string {
  return `${role}/${step.kind}[${step.subject}]`;
}

function refusal(subject: string, reason: string): Step {
  return { kind: 'role', subject, notify: [], reads: [], wants: [], plan: () => ({ result: 'refused', reason }) };
}

function unknownHandler(steps: readonly Step[], names: ReadonlySet<string>): string | null {
  for (const step of steps) {
    const name = step.notify.find((each) => !names.has(each));
    if (name !== undefined) {
      const offer = names.size === 0 ? 'the role has no handlers' : `the role has ${[...names].map((each) => `'${each}'`).join(', ')}`;
      return `${step.kind}[${step.subject}] notifies '${name}', which is not a handler of the role (${offer})`;
    }
  }
  return null;
}

/** Why the role cannot be applied to this platform; null when it can. */
export function platformProblem(role: Role, base: BaseFacts): string | null {
  if (role.platforms === 'any') return null;
  if (role.platforms.some((platform) => supports(platform, base))) return null;
  const supported = role.platforms.map(platformName).join(', ');
  const found = base.os.name === '' ? base.kernel.name : base.os.name;
  return `role ${role.name} does not support ${found} (init ${base.init}); it supports ${supported}`;
}

function supports(platform: Platform, base: BaseFacts): boolean {
  if (platform.family !== base.os.family) return false;
  if (platform.init !== undefined && platform.init !== base.init) return false;
  const version = Number.parseInt(base.os.version, 10);
  // Rolling releases (Debian testing) have no version: they count as newest.
  if (Number.isNaN(version)) return platform.maxVersion === undefined;
  return version >= (platform.minVersion ?? 0) && version <= (platform.maxVersion ?? Number.POSITIVE_INFINITY);
}

function platformName({ family, minVersion, maxVersion, init }: Platform): string {
  return `${family}${versionRange(minVersion, maxVersion)}${init === undefined ? '' : ` with ${init}`}`;
}

function versionRange(from: number | undefined, to: number | undefined): string {
  if (from === undefined) return to === undefined ? '' : ` ${to} or older`;
  if (to === undefined) return ` ${from} or newer`;
  return from === to ? ` ${from}` : ` ${from}–${to}`;
}

/** Two uses of a role bring the same handler once: it runs once per host, whoever notified it. */
function mergeHandlers(handlers: readonly HostStep[]): HostStep[] {
  const seen = new Set<string>();
  return handlers.filter((item) => {
    const key = JSON.stringify([item.handler, item.step.kind, item.step.subject, item.step.wants]);
    return seen.has(key) ? false : seen.add(key);
  });
}

/** Gives a repeated id a number, so that every id is unique within the play. */
function numberRepeats(items: readonly HostStep[]): HostStep[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    const count = (counts.get(item.id) ?? 0) + 1;
    counts.set(item.id, count);
    return count === 1 ? item : { ...item, id: `${item.id}#${count}` };
  });
}
