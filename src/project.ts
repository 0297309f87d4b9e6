import { existsSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diagnose, inPlaceOrder, uniqueDiagnostics } from './errors/diagnose.ts';
import type { HostTask } from './execute/prepare.ts';
import { connectionProblems } from './inventory/connection-problems.ts';
import type { Inventory } from './inventory/inventory.ts';
import { loadInventory } from './inventory/load.ts';
import { patternFiles } from './inventory/pattern-file.ts';
import { selectHosts } from './inventory/select-hosts.ts';
import type { ResolveText } from './inventory/setting-reader.ts';
import type { Checked, Diagnostic } from './model/diagnostic.ts';
import { becomeOn, type Deadlines, type Host, type HostKeyPolicy, passwordsOf, type TransportName } from './model/host.ts';
import { becomeOfRole, type Play, type RoleUse } from './model/play.ts';
import type { HostPlay, HostRole } from './model/ports.ts';
import type { PlayTask, RolloutTask } from './model/rollout-task.ts';
import { FetchedSecret, type Secret } from './model/secret.ts';
import { loadPlaybook } from './playbook/load.ts';
import type { ModuleOptions } from './playbook/load-module.ts';
import { type PlayParams, resolvePlay } from './playbook/resolve-params.ts';
import { resolveValue, scopeVars } from './playbook/resolve-value.ts';
import { checkTags, inheritedTags, playbookTags, tagSelector } from './playbook/tags.ts';
import { impliedLocalhost, ownPlays, type RolloutContext, resolveRollout, visitedHosts, visitsOf } from './project-rollout.ts';
import type { Redactor } from './report/redact.ts';
import { SecretStore } from './secrets/secret-store.ts';
import { secretsIn } from './secrets/secrets-in.ts';
import { routeProblems, SshRoutes } from './transport/ssh/routes.ts';

/** Who runs drover, and where: what the command line hands in. */
export interface Operator {
  readonly cwd: string;
  readonly home: string;
  /** Login name, the default for hosts without one. */
  readonly username: string;
  /** `$SSH_AUTH_SOCK`, or null. */
  readonly agentSocket: string | null;
  /** Overrides the hosts' own policy; null leaves it. */
  readonly hostKeyPolicy: HostKeyPolicy | null;
  /** For hosts whose vars name none; null for none. */
  readonly becomePassword: Secret | null;
  /** Password to log in with on hosts whose vars name none. Default: none. */
  readonly password?: Secret | null;
  /** Tried for every encrypted key file before anybody is asked. Default: none. */
  readonly keyPassphrase?: Secret | null;
  /** How hosts are reached that are not this machine. Default: as their vars say. */
  readonly transport?: Exclude<TransportName, 'local'> | null;
  /** What stands in place of the user's and the system's ssh_config for hosts whose vars name no file. Default: nothing. */
  readonly sshConfigFile?: string | null;
  /** Where hosts' vars may take passwords from; it loses them. Default: the environment of this process. */
  readonly env?: { [name: string]: string | undefined };
  /** Fetches what is marked `!secret` and keeps it out of sight. Default: a new one for each project. */
  readonly secrets?: SecretStore;
  /** Longest waits that override those of the hosts. Default: none. */
  readonly deadlines?: Partial<Deadlines>;
}

/** What a run is made of. */
export interface ProjectOptions extends Operator {
  readonly playbook: string;
  readonly inventory: readonly string[];
  /** Host pattern that narrows every play; null: all hosts. */
  readonly limit: string | null;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
}

/** Inventory, playbook and parameters, checked: which host takes part in which plays, with what. */
export interface Project {
  readonly options: ProjectOptions;
  readonly inventory: Inventory;
  readonly tasks: readonly HostTask[];
  /** All hosts that may be contacted: those of the tasks, then those that roles around their turns are carried out on. */
  readonly hosts: readonly Host[];
  /** All plays of the playbook, in order; the host plays of their roles have the same index. */
  readonly plays: readonly PlayTask[];
  /** The same plays as the playbook has them. */
  readonly playbook: readonly Play[];
  /** Knows every secret that the run uses; whatever is shown or written passes through it. */
  readonly redactor: Redactor;
}

/** Folders in which roles are looked for after those beside the playbook: the project's, then drover's own. */
export function roleDirectories(cwd: string): readonly string[] {
  const shipped = ['./roles/', '../roles/'].map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));
  return [join(cwd, 'roles'), ...(shipped === undefined ? [] : [shipped])];
}

/** How the modules of a project are loaded: `drover` in them is the public API of this drover, and compiled ones are kept in `.drover/cache`. */
export function moduleOptions(cwd: string): ModuleOptions {
  const droverUrl = new URL(`./index${extname(fileURLToPath(import.meta.url))}`, import.meta.url).href;
  return { droverUrl, cacheDirectory: cacheDirectory(cwd) };
}

/** Where drover keeps what makes the next run faster; it may be deleted at any time. */
export function cacheDirectory(cwd: string): string {
  return join(cwd, '.drover', 'cache');
}

/** Replaces `{{ }}` in vars that say how a host is reached, by the host's own vars: plays come later. */
const resolveText: ResolveText = (text, host) => {
  const found: { readonly broken: string; readonly hint: string | null }[] = [];
  const vars = scopeVars(host, {});
  const value = resolveValue(text, { vars, keepsSecrets: true, report: ({ message, hint }) => found.push({ broken: message, hint }) });
  return found[0] ?? { value };
};

/**
 * Loads inventory sources with the operator's defaults, with `group_vars` and `host_vars` beside them and in the playbook's folder, if there is one.
 * Reports all problems at once.
 */
export async function openInventory(
  sources: readonly string[],
  operator: Operator,
  playbookDirectory: string | null = null,
): Promise<Checked<Inventory>> {
  const { transport = null, secrets = newSecrets(operator) } = operator;
  const loaded = await loadInventory(sources, { resolveText, playbookDirectory, transport, secrets });
  return { ...loaded, value: { ...loaded.value, hosts: loaded.value.hosts.map((host) => asOperated(host, operator)) } };
}

/** What the operator wants for all hosts goes before what their vars say; passwords and ssh_config are for those whose vars say nothing. */
function asOperated(host: Host, operator: Operator): Host {
  const { connection } = host;
  const { hostKeyPolicy, becomePassword, password = null, transport = null, sshConfigFile = null, deadlines = {} } = operator;
  const connectSec = deadlines.connectMs === undefined ? {} : { connectTimeoutSec: deadlines.connectMs / 1000 };
  return {
    ...host,
    connection: {
      ...connection,
      transport: connection.transport === 'local' ? 'local' : (transport ?? connection.transport),
      given: { ...connection.given, ...connectSec },
      sshConfigFile: connection.sshConfigFile ?? sshConfigFile,
      hostKeyPolicy: hostKeyPolicy ?? connection.hostKeyPolicy,
      password: connection.password ?? password,
      becomePassword: connection.becomePassword ?? becomePassword,
      deadlines: { ...connection.deadlines, ...deadlines },
    },
  };
}

/** Why some of these hosts cannot be reached as vars and ssh_config say, each reason once; of hosts that nobody uses nothing is said. */
export function reachProblems(inventory: Inventory, hosts: Iterable<Host>, operator: Operator): readonly Diagnostic[] {
  const used = new Set(hosts);
  const problems = [...connectionProblems(inventory, used), ...routeProblems(new SshRoutes(operator), used)];
  return inPlaceOrder(uniqueDiagnostics(problems));
}

function newSecrets({ cwd, home, env = process.env }: Operator): SecretStore {
  return new SecretStore({ cwd, home, env });
}

/** Fetches what the passwords of these hosts come from; to be called when all else is in order. Says what is missing, at the vars. */
export async function passwordProblems(hosts: Iterable<Host>): Promise<readonly Diagnostic[]> {
  const problems: Diagnostic[] = [];
  for (const secret of fetchedPasswords(hosts)) {
    const state = await secret.fetch();
    const { what, place, line } = secret.spot;
    if (typeof state === 'object' && 'missing' in state)
      problems.push(diagnose('connection-setting', `${what} cannot be had: ${state.missing}`, { place, source: line }));
  }
  return inPlaceOrder(uniqueDiagnostics(problems));
}

function fetchedPasswords(hosts: Iterable<Host>): readonly FetchedSecret[] {
  const all = [...new Set(hosts)].flatMap(({ connection }) => [connection.password, connection.becomePassword]);
  return all.filter((secret) => secret instanceof FetchedSecret);
}

/** Loads and checks everything a run needs. Contacts nothing; reports all problems at once, and then the value is null. */
export async function loadProject(given: ProjectOptions): Promise<Checked<Project | null>> {
  const { secrets = newSecrets(given) } = given;
  const options = { ...given, secrets };
  const inventory = await openInventory(options.inventory, options, dirname(options.playbook));
  const roles = { roleDirectories: roleDirectories(options.cwd), ...moduleOptions(options.cwd), secrets };
  const playbook = await loadPlaybook(options.playbook, roles);
  const { plays } = playbook.value;
  const problems = [...inventory.problems, ...playbook.problems, ...checkTags([...options.tags, ...options.skipTags], playbookTags(plays))];
  const loaded: Loaded = { inventory: inventory.value, plays, options };
  const first = selectPlays(loaded);
  problems.push(...first.problems);
  if (problems.length > 0) return { value: null, problems };
  const wanted = projectOf(loaded, first.value, secrets.redactor);
  if (wanted.tasks.length === 0) return { value: null, problems: [noHosts(options)] };
  // Secrets are fetched when all else is in order, for that may ask at the terminal; what they come to is checked then.
  for (const password of fetchedPasswords(wanted.hosts)) password.state();
  const wasFetched = await secrets.fetchWanted();
  const { value: selected, problems: broken } = wasFetched ? selectPlays(loaded) : first;
  const project = projectOf(loaded, selected, secrets.redactor);
  const missing = [...broken, ...(await passwordProblems(project.hosts))];
  if (missing.length > 0) return { value: null, problems: inPlaceOrder(uniqueDiagnostics(missing)) };
  secrets.redactor.learn([...project.hosts.flatMap(passwordsOf), ...paramSecrets(selected)]);
  return { value: project, problems: [] };
}

interface Loaded {
  readonly inventory: Inventory;
  readonly plays: readonly Play[];
  readonly options: ProjectOptions;
}

/** Chooses the hosts of each play and checks its parameters for them. */
function selectPlays({ inventory, plays, options }: Loaded): Checked<readonly SelectedPlay[]> {
  const problems: Diagnostic[] = [];
  const readPatterns = patternFiles(options.cwd);
  const limit = options.limit === null ? null : selectHosts(inventory, options.limit, { allowEmpty: false, readPatterns });
  problems.push(...(limit?.problems ?? []));
  const context = rolloutContext(inventory, plays.length, options);
  const selected = plays.map((play, index) => {
    const hosts = selectHosts(inventory, play.hosts, { place: play.hostsPlace, source: play.hostsSource ?? null });
    // A limit that is wrong itself must not hide what is wrong with the parameters.
    const taken = hosts.value.filter((host) => limit === null || limit.problems.length > 0 || limit.value.includes(host));
    const params = resolvePlay(play, taken);
    const rollout = resolveRollout(play, taken, context);
    problems.push(...hosts.problems, ...params.problems, ...rollout.problems);
    return { play, index, hosts: new Set(taken), params: params.value, rollout: rollout.value };
  });
  const used = selected.flatMap(({ hosts, rollout }) => [...hosts, ...visitedHosts(rollout)]);
  return { value: selected, problems: [...problems, ...reachProblems(inventory, used, options)] };
}

function projectOf({ inventory, plays, options }: Loaded, selected: readonly SelectedPlay[], redactor: Redactor): Project {
  const tasks = inventory.hosts.flatMap((host) => taskOf(host, selected, options));
  return {
    options,
    inventory,
    tasks,
    hosts: [...new Set([...tasks.map(({ host }) => host), ...selected.flatMap(({ rollout }) => visitedHosts(rollout))])],
    plays: selected.map(({ play, index, rollout }): PlayTask => ({ index, name: play.name, rollout })),
    playbook: plays,
    redactor,
  };
}

/** Also those that parameters made themselves. */
function paramSecrets(selected: readonly SelectedPlay[]): readonly string[] {
  const visits = selected.flatMap(({ rollout }) => visitsOf(rollout));
  return secretsIn([selected.map(({ params }) => [...params.values()]), visits.map(({ play }) => play.roles.map((role) => role.params))]);
}

interface SelectedPlay {
  readonly play: Play;
  readonly index: number;
  readonly hosts: ReadonlySet<Host>;
  readonly params: PlayParams;
  readonly rollout: RolloutTask | null;
}

/** Visits are numbered behind the plays, so that every play and visit of a host has a number of its own. */
function rolloutContext(inventory: Inventory, plays: number, options: ProjectOptions): RolloutContext {
  let index = plays;
  return {
    inventory,
    localhost: asOperated(impliedLocalhost(), options),
    isWanted: (play, use) => isWanted(play, use, options),
    nextIndex: () => index++,
  };
}

function taskOf(host: Host, selected: readonly SelectedPlay[], options: ProjectOptions): HostTask[] {
  const own = selected.filter(({ hosts }) => hosts.has(host));
  return own.length === 0 ? [] : [{ host, plays: own.flatMap((each) => ownPlays(hostPlay(host, each, options), host, each.rollout)) }];
}

function hostPlay(host: Host, { play, index, params }: SelectedPlay, options: ProjectOptions): HostPlay {
  const checked = params.get(host.name) ?? [];
  const roles = play.roles.flatMap((use, at) => (isWanted(play, use, options) ? [hostRole(host, play, { use, params: checked[at] })] : []));
  return { index, part: 'roles', name: play.name, become: becomeOn(host, play.become), allow: play.allow, roles };
}

function hostRole(host: Host, play: Play, { use, params }: { readonly use: RoleUse; readonly params: unknown }): HostRole {
  return { role: use.role, params, ...(use.become === undefined ? {} : { become: becomeOfRole(host, play, use) }) };
}

function isWanted(play: Play, use: RoleUse, { tags, skipTags }: ProjectOptions): boolean {
  const own = inheritedTags(play, use);
  return tagSelector(tags)(own) && !own.some((tag) => skipTags.includes(tag));
}

function noHosts({ limit }: ProjectOptions): Diagnostic {
  const why = limit === null ? 'no play selects a host' : `no play selects a host within the limit "${limit}"`;
  return diagnose('pattern-empty', why, { hint: 'drover inventory --graph shows hosts and groups' });
}
