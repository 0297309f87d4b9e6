import type { HostError } from '../../model/run.ts';
import type { Report, ReportHost, ReportStep } from '../report.ts';
import { countSteps, isQuiet, stepState } from '../step-state.ts';
import type { Filling, Fold, FoldedHost, HostGroup } from './fold.ts';
import { foldRecords, type Occurrence } from './folding.ts';
import { type FoldParts, groupHosts } from './groups.ts';
import { hasName, type OwnName, ownName, withoutName } from './tokens.ts';
import { walkError, walkStep } from './walk.ts';

/** Folds a report: what is the same on many hosts, but for values of the hosts, stands once. Pure; `unfold` gives the report back. */
export function foldReport(report: Report): Fold {
  const parts = foldParts(report, () => true);
  return { frame: { ...report, hosts: [] }, ...parts, groups: groupHosts(parts) };
}

/** The groups of the report's fold, without folding what no group tells: of 5,000 hosts that are as they should be, most runs' steps. */
export function foldNews(report: Report): readonly HostGroup[] {
  return groupHosts(foldParts(report, (step) => !isQuiet(stepState(step))));
}

function foldParts({ hosts }: Report, isTold: (step: ReportStep) => boolean): FoldParts {
  const names = hosts.map(({ name }) => ownName(name));
  const byHost = stepsOf(hosts, names, isTold);
  const records = byHost.flat();
  const steps = foldRecords(records, walkStep);
  const outlines = foldRecords(records.filter(isAround).map(withoutChanges), walkStep);
  const errors = foldRecords(errorsOf(hosts, names), walkError);
  const [nextStep, nextOutline, nextError] = [steps.fillings.values(), outlines.fillings.values(), errors.fillings.values()];
  const folded = hosts.map((host, index): FoldedHost => {
    const own = byHost[index] ?? [];
    return {
      frame: { ...host, error: null, steps: [] },
      error: host.error === null ? null : next(nextError),
      steps: own.map(() => next(nextStep)),
      outlines: own.map((record) => (isAround(record) ? next(nextOutline) : null)),
      counts: countSteps([host]),
    };
  });
  return { steps: steps.templates, outlines: outlines.templates, errors: errors.templates, hosts: folded };
}

function next(fillings: Iterator<Filling>): Filling {
  const { value } = fillings.next();
  if (value === undefined) throw new Error('a record was not folded');
  return value;
}

/** What is done around the roles, such as in a balancer, changes something else for each host. */
function isAround({ record }: Occurrence<ReportStep>): boolean {
  return record.part !== 'roles' && stepState(record) === 'changed';
}

function withoutChanges({ record, ...occurrence }: Occurrence<ReportStep>): Occurrence<ReportStep> {
  return { ...occurrence, record: { ...record, changes: [] } };
}

function errorsOf(hosts: readonly ReportHost[], names: readonly OwnName[]): readonly Occurrence<HostError>[] {
  return hosts.flatMap(({ error }, index) => {
    const name = names[index];
    return error === null || name === undefined ? [] : [{ record: error, name, key: '' }];
  });
}

/**
 * Steps of several hosts are the same step where they have the same id, but for the host's name.
 * Ids that no other host has are matched in their order, and only by their structure.
 */
function stepsOf(
  hosts: readonly ReportHost[],
  names: readonly OwnName[],
  isTold: (step: ReportStep) => boolean,
): readonly (readonly Occurrence<ReportStep>[])[] {
  const isTelling = hosts.map(({ steps }) => steps.some(isTold));
  if (!isTelling.includes(true)) return [];
  // What is not told counts all the same: whether steps are the same step does not depend on what is told of them.
  const ids = new IdCounts();
  hosts.forEach((host, index) => {
    ids.add(host, names[index]);
  });
  return hosts.map((host, index) => {
    const name = names[index];
    if (name === undefined || isTelling[index] !== true) return [];
    const seen = new Map<string, number>();
    return host.steps.flatMap((record) => {
      const key = ids.keyOf(record, name);
      const nth = (seen.get(key) ?? 0) + 1;
      seen.set(key, nth);
      return isTold(record) ? [{ record, name, key: `${nth} ${key}` }] : [];
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
