import { recordedRuns } from '../journal.ts';
import type { RunLine } from '../model/history.ts';
import type { Drift, HostRecord, Run, StepRecord } from '../model/run.ts';
import { reportValue } from '../report/json.ts';
import { driftOf } from './drift.ts';
import { type History, openHistory } from './history.ts';
import { valueDigest } from './step-marks.ts';

/** Where the history lies, and how the run is shown. */
export interface DriftOptions {
  readonly cwd: string;
  readonly warn: (sentence: string) => void;
  /** Takes secrets out, as they were taken out of the reports that this run is compared with. */
  readonly redact: (run: Run) => Run;
}

/** The run, whose steps that are not as wanted say since when and who wrote last. As it is where nothing has drifted, or nothing is on record. */
export function addDrift(run: Run, { cwd, warn, redact }: DriftOptions): Run {
  const drifted = run.hosts.filter(({ steps }) => steps.some(hasDrifted));
  if (drifted.length === 0 || recordedRuns(cwd).length === 0) return run;
  const history = openHistory(cwd, { warn });
  if (history.runs.length === 0) return run;
  const runs = new Map(history.runs.map((line) => [line.id, line]));
  const shown = new Map(redact({ ...run, hosts: drifted }).hosts.map((host) => [host.name, host]));
  const hosts = run.hosts.map((host) => {
    const own = shown.get(host.name);
    return own === undefined ? host : { ...host, steps: stepsWithDrift(host, own, { history, runs }) };
  });
  return { ...run, hosts };
}

interface Past {
  readonly history: History;
  readonly runs: ReadonlyMap<string, RunLine>;
}

function stepsWithDrift({ name, steps }: HostRecord, shown: HostRecord, { history, runs }: Past): readonly StepRecord[] {
  const marks = history.marks(name);
  return steps.map((step, index) => {
    if (!hasDrifted(step)) return step;
    const changes = shown.steps[index]?.changes ?? [];
    const found = Object.fromEntries(changes.map(({ field, before }) => [field, valueDigest(reportValue(before), history.key)]));
    const mark = Object.hasOwn(marks, step.id) ? (marks[step.id] ?? {}) : {};
    const drift: Drift = driftOf(mark, { wanted: step.wanted ?? null, found }, runs);
    return { ...step, drift };
  });
}

/** What earlier steps decide is not known yet; what is done around the roles is never as it was; handlers answer to others. */
function hasDrifted({ outcome, certainty, part, handler }: StepRecord): boolean {
  return outcome === 'changed' && certainty === 'exact' && part === 'roles' && !handler;
}
