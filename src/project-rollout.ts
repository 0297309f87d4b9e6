import { diagnose, inPlaceOrder } from './errors/diagnose.ts';
import { CONNECTION_DEFAULTS } from './inventory/connection-defaults.ts';
import type { Inventory } from './inventory/inventory.ts';
import { selectHosts } from './inventory/select-hosts.ts';
import type { Checked, Diagnostic } from './model/diagnostic.ts';
import type { Host, Vars } from './model/host.ts';
import { type AroundUse, becomeOfRole, type Play, type RoleUse, type Rollout } from './model/play.ts';
import type { HostPlay } from './model/ports.ts';
import type { Part, RolloutHost, RolloutSettings } from './model/rollout.ts';
import type { HostVisits, RolloutTask, Visit } from './model/rollout-task.ts';
import { spreadProblems } from './plan/batches.ts';
import { isFixed, resolveOn } from './playbook/resolve-on.ts';
import { foldByHost, resolveParams } from './playbook/resolve-params.ts';
import { resolveVar } from './playbook/resolve-value.ts';

/** What resolving rollouts needs besides the play. */
export interface RolloutContext {
  readonly inventory: Inventory;
  /** What `on: localhost` stands for where the inventory has no such host. */
  readonly localhost: Host;
  /** True for roles of the play that are to run. */
  isWanted(play: Play, use: RoleUse): boolean;
  /** A number for a visit, never the same. */
  nextIndex(): number;
}

/** Resolves what is done around each of these hosts, and checks it for all of them; null where the play has no rollout. */
export function resolveRollout(play: Play, hosts: readonly Host[], context: RolloutContext): Checked<RolloutTask | null> {
  const { rollout } = play;
  if (rollout === null) return { value: null, problems: [] };
  const domains = resolveDomains(play.vars, rollout, hosts);
  const resolver = new VisitResolver(play, context);
  const visits = hosts.map((host) => [host.name, resolver.resolve(rollout, host)] as const);
  const value = { settings: settingsOf(rollout), hosts: domains.value, visits: new Map(visits), owed: new Set<string>(), firstBatch: 0 };
  return { value, problems: inPlaceOrder([...domains.problems, ...resolver.problems()]) };
}

/** Makes the implied `localhost`: drover's own machine, without ssh. */
export function impliedLocalhost(): Host {
  return { name: LOCALHOST, groups: [], vars: {}, connection: { ...CONNECTION_DEFAULTS, transport: 'local', address: LOCALHOST } };
}

/** The plays of a host within one play, in the order of its turn: its roles, and what is done around them on the host itself. */
export function ownPlays(roles: HostPlay, { name }: Host, rollout: RolloutTask | null): readonly HostPlay[] {
  const { once = [], before = [], after = [], gate = [] } = rollout?.visits.get(name) ?? {};
  const own = (visits: readonly Visit[]): readonly HostPlay[] => visits.filter(({ host }) => host.name === name).map(({ play }) => play);
  return [...own(once), ...own(before), roles, ...own(after), ...own(gate)];
}

/** Where roles around the turns of a play are carried out, each host as often as it is visited. */
export function visitedHosts(rollout: RolloutTask | null): readonly Host[] {
  return visitsOf(rollout).map(({ host }) => host);
}

/** Everything that is done around the turns of a play, host by host. */
export function visitsOf(rollout: RolloutTask | null): readonly Visit[] {
  const all = [...(rollout?.visits.values() ?? [])];
  return all.flatMap(({ once, before, after, gate }) => [...once, ...before, ...after, ...gate]);
}

const LOCALHOST = 'localhost';
const NAMES_LOCALHOST = /(?:^|[,:&!])\s*localhost\s*(?:$|[,:])/;

/** Visits of one host after the other, and the problems of all. */
class VisitResolver {
  readonly #play: Play;
  readonly #context: RolloutContext;
  readonly #byHost: { readonly host: string; readonly problems: Diagnostic[] }[] = [];
  /** Problems that are the same whichever host is worked on. */
  readonly #fixed: Diagnostic[] = [];
  readonly #selected = new Map<AroundUse, Map<string, Checked<readonly Host[]>>>();

  constructor(play: Play, context: RolloutContext) {
    this.#play = play;
    this.#context = context;
  }

  problems(): readonly Diagnostic[] {
    return [...this.#fixed, ...foldByHost(this.#byHost)];
  }

  resolve(rollout: Rollout, host: Host): HostVisits {
    const problems: Diagnostic[] = [];
    this.#byHost.push({ host: host.name, problems });
    const all = (part: 'before' | 'after' | 'gate'): readonly Visit[] =>
      rollout[part].flatMap((around) => this.#visits(around, part, { host, problems }));
    return {
      once: rollout.once.flatMap((around) =>
        this.#visits(around, 'once', { host, problems }).map((visit) => ({ ...visit, per: around.per })),
      ),
      before: all('before'),
      after: all('after'),
      gate: all('gate'),
    };
  }

  #visits(around: AroundUse, part: Part, { host, problems }: { host: Host; problems: Diagnostic[] }): readonly Visit[] {
    const { name, allow, vars } = this.#play;
    const params = resolveParams(around.use, host, vars);
    const on = resolveOn(around, host, vars);
    problems.push(...params.problems, ...on.problems);
    const targets = on.value === null ? [host] : this.#select(around, on.value, problems);
    if (!this.#context.isWanted(this.#play, around.use)) return [];
    return targets.map((target) => {
      // Nobody is asked for a password of the machine that drover runs on only to look from there.
      const isOnlyHere = target === this.#context.localhost && around.use.become === undefined;
      const become = isOnlyHere ? null : becomeOfRole(target, this.#play, around.use);
      const role = { role: around.use.role, params: params.value, ...(around.use.become === undefined ? {} : { become }) };
      return { host: target, play: { index: this.#context.nextIndex(), part, name, become, allow, roles: [role] } };
    });
  }

  #select(around: AroundUse, pattern: string, problems: Diagnostic[]): readonly Host[] {
    const known = this.#selected.get(around) ?? new Map<string, Checked<readonly Host[]>>();
    this.#selected.set(around, known);
    const before = known.get(pattern);
    const selected = before ?? this.#match(around, pattern);
    known.set(pattern, selected);
    if (!isFixed(around)) problems.push(...selected.problems);
    else if (before === undefined) this.#fixed.push(...selected.problems);
    return selected.value;
  }

  #match({ onPlace, onSource }: AroundUse, pattern: string): Checked<readonly Host[]> {
    const { inventory, localhost } = this.#context;
    const isImplied = NAMES_LOCALHOST.test(pattern) && !inventory.hostVars.has(LOCALHOST) && !inventory.groups.has(LOCALHOST);
    const within = isImplied
      ? { ...inventory, hosts: [...inventory.hosts, localhost], hostVars: new Map([...inventory.hostVars, [LOCALHOST, new Map()]]) }
      : inventory;
    return selectHosts(within, pattern, { place: onPlace, source: onSource, allowEmpty: false });
  }
}

/** The failure domains of each host: nothing else of its vars decides batches. */
function resolveDomains(playVars: Vars, { spread, spreadPlace, spreadSource }: Rollout, hosts: readonly Host[]): Checked<RolloutHost[]> {
  const value = hosts.map((host) => {
    const vars = spread.flatMap(({ by }) => {
      const domain = resolveVar(by, host, playVars);
      return domain === undefined ? [] : [[by, domain] as const];
    });
    return { name: host.name, vars: Object.fromEntries(vars) };
  });
  const problems = spread.flatMap((each) => spreadProblems(each, value));
  const where = { place: spreadPlace, source: spreadSource, hint: 'define it in the inventory for every host of the play' };
  return { value, problems: problems.map((message) => diagnose('var-unknown', message, where)) };
}

function settingsOf({ serial, order, spread, maxFailures, onFailure, soakMs, onGateFailure }: Rollout): RolloutSettings {
  return { serial, order, spread, maxFailures, onFailure, soakMs, onGateFailure };
}
