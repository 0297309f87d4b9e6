import type { Report, ReportHost, ReportStep } from '../report.ts';
import type { Filling, Fold, FoldedHost } from './fold.ts';
import { foldRecords, type Occurrence } from './folding.ts';
import { groupHosts } from './groups.ts';
import { hasName, type OwnName, ownName, withoutName } from './tokens.ts';
import { walkError, walkStep } from './walk.ts';

/** Folds a report: what is the same on many hosts, but for values of the hosts, stands once. Pure; `unfold` gives the report back. */
export function foldReport(report: Report): Fold {
  const { hosts } = report;
  const names = hosts.map(({ name }) => ownName(name));
  const steps = foldRecords(stepsOf(hosts, names), walkStep);
  const failing = hosts.map((host, index) => ({ error: host.error, name: names[index] }));
  const errors = foldRecords(
    failing.flatMap(({ error, name }) => (error === null || name === undefined ? [] : [{ record: error, name, key: '' }])),
    walkError,
  );
  const folded = assemble(hosts, steps.fillings, errors.fillings);
  const parts = { steps: steps.templates, errors: errors.templates, hosts: folded };
  return { frame: { ...report, hosts: [] }, ...parts, groups: groupHosts(parts) };
}

function assemble(hosts: readonly ReportHost[], steps: readonly Filling[], errors: readonly Filling[]): readonly FoldedHost[] {
  const nextError = errors.values();
  let from = 0;
  return hosts.map((host) => {
    const error = host.error === null ? null : (nextError.next().value ?? null);
    from += host.steps.length;
    return { frame: { ...host, error: null, steps: [] }, error, steps: steps.slice(from - host.steps.length, from) };
  });
}

/**
 * Steps of several hosts are the same step where they have the same id, but for the host's name.
 * Ids that no other host has are matched in their order, and only by their structure.
 */
function stepsOf(hosts: readonly ReportHost[], names: readonly OwnName[]): readonly Occurrence<ReportStep>[] {
  const ids = new IdCounts();
  hosts.forEach((host, index) => {
    ids.add(host, names[index]);
  });
  return hosts.flatMap((host, index) => {
    const name = names[index];
    if (name === undefined) return [];
    const seen = new Map<string, number>();
    return host.steps.map((record) => {
      const key = ids.keyOf(record, name);
      const nth = (seen.get(key) ?? 0) + 1;
      seen.set(key, nth);
      return { record, name, key: `${nth} ${key}` };
    });
  });
}

/** On how many hosts each id occurs, as it is and without the host's name. */
class IdCounts {
  readonly #hosts = new Map<string, number>();

  add({ steps }: ReportHost, name: OwnName | undefined): void {
    if (name === undefined) return;
    for (const id of new Set(steps.map((step) => step.id))) {
      this.#count(id);
      const nameless = namelessId(id, name);
      if (nameless !== id) this.#count(nameless);
    }
  }

  #count(id: string): void {
    this.#hosts.set(id, (this.#hosts.get(id) ?? 0) + 1);
  }

  keyOf({ id, role, kind }: ReportStep, name: OwnName): string {
    const nameless = namelessId(id, name);
    const [asIs, without] = [this.#hosts.get(id) ?? 0, nameless === id ? 0 : (this.#hosts.get(nameless) ?? 0)];
    if (Math.max(asIs, without) < 2) return `one ${role}/${kind}`;
    return `id ${asIs >= without ? id : nameless}`;
  }
}

function namelessId(id: string, name: OwnName): string {
  return hasName(id) ? id : withoutName(id, name);
}
