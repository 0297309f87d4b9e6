import { diagnose, diagnosticKey, inPlaceOrder } from '../errors/diagnose.ts';
import { didYouMean, nearestName } from '../errors/nearest.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Host, Vars } from '../model/host.ts';
import type { Play, RoleUse } from '../model/play.ts';
import { explainIssue, issueHint } from './explain-issue.ts';
import { formatPath } from './format-path.ts';
import { hostScope, resolveValue, type SecretUse, type ValueProblem } from './resolve-value.ts';
import { isSecretIssue } from './secret-param.ts';
import { type UnknownKey, unknownKeys } from './unknown-parameters.ts';

/** Parameters of a role on a host, checked. */
export interface CheckedParams extends Checked<unknown> {
  /** Paths of those that hold secrets. */
  readonly secrets: readonly (readonly PropertyKey[])[];
}

/**
 * Replaces `{{ }}` in a role's parameters by the host's values and checks them by the role's schema; the value has defaults filled in.
 * All problems at once, each at its parameter; messages do not name the host, `foldByHost` does.
 */
export function resolveParams(use: RoleUse, host: Host, playVars: Vars): CheckedParams {
  const found: ValueProblem[] = [];
  const secrets: SecretUse[] = [];
  const raw = resolveValue(
    use.params,
    hostScope(
      host,
      playVars,
      (problem) => found.push(problem),
      (secret) => secrets.push(secret),
    ),
  );
  const unresolved = [...found, ...secrets.filter(({ isOpen }) => isOpen)].map(({ path }) => path);
  const isSecret = (path: readonly PropertyKey[]): boolean => secrets.some((secret) => startsWith(path, secret.path));
  const isUnresolved = (path: readonly PropertyKey[]): boolean => unresolved.some((start) => startsWith(path, start));
  const strangers = unknownKeys(use.role.params, raw);
  const checked = use.role.params.safeParse(raw, { reportInput: true });
  const issues = (checked.error?.issues ?? [])
    .filter((issue) => issue.code !== 'unrecognized_keys' && !isUnresolved(issue.path))
    .filter((issue) => valueAt(raw, issue.path) !== undefined || !isMisspelt(issue.path, strangers));
  const problems = [
    ...found.map((problem) => at(use, problem)),
    ...strangers.map((stranger) => at(use, strangerProblem(stranger), 'key')),
    ...issues.map((issue) => {
      const input = valueAt(raw, issue.path);
      const message = explainIssue(issue, input, isSecret(issue.path));
      const problem = at(use, { path: issue.path, code: 'parameter-invalid', message, hint: issueHint(issue, input) });
      // The line may hold one that nobody marked.
      return isSecretIssue(issue) ? { ...problem, source: null } : problem;
    }),
  ];
  const isOpen = secrets.some((secret) => secret.isOpen);
  if (problems.length === 0 && checked.error !== undefined && !isOpen) problems.push(...leftOver(use, checked.error.issues));
  return { value: checked.success ? checked.data : undefined, problems, secrets: secrets.map(({ path }) => path) };
}

function startsWith(path: readonly PropertyKey[], start: readonly PropertyKey[]): boolean {
  return start.every((part, index) => part === path[index]);
}

/** Checked parameters of each role use of a play, in order, by host name. */
export type PlayParams = ReadonlyMap<string, readonly unknown[]>;

/** Resolves the parameters of all roles of a play for all its hosts; the same problem on several hosts is reported once. */
export function resolvePlay(play: Play, hosts: readonly Host[]): Checked<PlayParams> {
  const found: HostProblems[] = [];
  const value = hosts.map((host) => {
    const checked = play.roles.map((use) => resolveParams(use, host, play.vars));
    found.push({ host: host.name, problems: checked.flatMap(({ problems }) => problems) });
    return [host.name, checked.map((params) => params.value)] as const;
  });
  return { value: new Map(value), problems: inPlaceOrder(foldByHost(found)) };
}

/** The problems that a host has. */
export interface HostProblems {
  readonly host: string;
  readonly problems: readonly Diagnostic[];
}

/** One diagnostic for the same problem (code, place, message) on several hosts, which ends in `(on web01)` or `(on 100 hosts, first web01)`. */
export function foldByHost(found: readonly HostProblems[]): readonly Diagnostic[] {
  const folded = new Map<string, { problem: Diagnostic; hosts: Set<string> }>();
  for (const { host, problems } of found) {
    for (const problem of problems) {
      const key = diagnosticKey(problem);
      const known = folded.get(key) ?? { problem, hosts: new Set() };
      known.hosts.add(host);
      folded.set(key, known);
    }
  }
  return [...folded.values()].map(({ problem, hosts }) => {
    const [first] = hosts;
    const where = hosts.size === 1 ? `on ${first}` : `on ${hosts.size} hosts, first ${first}`;
    return { ...problem, message: `${problem.message} (${where})` };
  });
}

function at(use: RoleUse, { path, code, message, hint, spot }: ValueProblem, part: 'key' | 'value' = 'value'): Diagnostic {
  if (spot !== undefined) return diagnose(code, message, { place: spot.place, source: spot.line, hint });
  const place = use.place(path, part);
  const text = `role "${use.role.name}": ${message}`;
  return diagnose(code, text, { place, source: place === null ? null : use.source(place), hint });
}

function strangerProblem({ path, known }: UnknownKey): ValueProblem {
  const key = String(path.at(-1));
  const message = path.length === 1 ? `there is no parameter "${key}"` : `"${formatPath(path.slice(0, -1))}" has no field "${key}"`;
  const list = known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`;
  return { path, code: 'parameter-invalid', message, hint: didYouMean(key, known) ?? list };
}

/** A missing key next to a misspelt one is the same mistake. */
function isMisspelt(path: readonly PropertyKey[], strangers: readonly UnknownKey[]): boolean {
  const missing = formatPath(path);
  return strangers.some((stranger) => {
    const near = nearestName(String(stranger.path.at(-1)), stranger.known);
    return near !== null && formatPath([...stranger.path.slice(0, -1), near]) === missing;
  });
}

/** Issues that only zod sees, such as unknown keys inside an alternative. */
function leftOver(
  use: RoleUse,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): readonly Diagnostic[] {
  return issues.map(({ path, message }) => at(use, { path, code: 'parameter-invalid', message, hint: null }));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const part of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Object.getOwnPropertyDescriptor(here, part)?.value;
  }
  return here;
}
