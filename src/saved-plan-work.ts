import { dirname, resolve } from 'node:path';
import { openDigestKey } from './digest-key.ts';
import type { Work } from './fingerprint.ts';
import { compareFingerprints } from './fingerprint-difference.ts';
import { fingerprint } from './keep-journal.ts';
import type { Host } from './model/host.ts';
import { type HostStep, type Inspect, levelOf } from './model/planned.ts';
import { becomesOf, type HostPlay } from './model/ports.ts';
import type { PlayTask } from './model/rollout-task.ts';
import type { Revision } from './model/run.ts';
import { assemblePlay } from './plan/assemble.ts';
import type { Project } from './project.ts';
import type { Redactor } from './report/redact.ts';
import { readRevision } from './revision.ts';
import { varsDigest } from './run-header.ts';
import type { ApprovedPlan, SavedPlan } from './saved-plan.ts';
import { type HostBasis, keyOf, type Printing, stepPrints, wantsElse } from './saved-plan-basis.ts';
import { SecretMask } from './saved-plan-mask.ts';
import { movedSince } from './saved-plan-moved.ts';

/** A saved plan in the project as it is now. */
export interface PlanInProject {
  readonly approved: ApprovedPlan;
  /** Why it cannot be carried out, in plain sentences: the project makes something else. */
  readonly differences: readonly string[];
}

/** Holds a saved plan against the project, loaded again with the plan's own inventory, limit and tags. Contacts nothing. */
export function approvePlan(plan: SavedPlan, project: Project, redactor: Pick<Redactor, 'text'>): PlanInProject {
  const mask = new SecretMask(redactor.text);
  const printing: Printing = { salt: plan.fingerprint.salt, key: openDigestKey(project.options.cwd), mask };
  const now = fingerprint(project, plan.fingerprint.salt, (value) => mask.value(value));
  const differences = compareFingerprints(plan.fingerprint, now);
  const unreached = plan.report.hosts.filter(({ outcome }) => outcome === 'unreachable').map(({ name }) => name);
  return {
    differences: differences.length > 0 ? differences : sourceDifferences(plan, project, printing),
    approved: {
      hosts: new Set(Object.keys(plan.hosts)),
      out: new Set(unreached),
      inspect: (planned) => {
        const saved = (planned.isVisited ? plan.visited : plan.hosts)[planned.host];
        return saved === undefined ? unplanned() : movedSince(saved, planned, { ...printing, mask: mask.of(planned) });
      },
    },
  };
}

function unplanned(): ReturnType<Inspect> {
  return { phase: 'moved', message: 'the plan says nothing of this host', hint: 'make a new plan' };
}

/** The part of a project that a saved plan is about. The hosts of rollouts stay complete: shares are shares of all. */
export function workOf<W extends Work>(work: W, { hosts, out }: ApprovedPlan): W {
  const plays = work.plays.map((play): PlayTask => {
    const { rollout } = play;
    if (rollout === null) return play;
    const gone = rollout.hosts.map(({ name }) => name).filter((name) => out.has(name));
    return { ...play, rollout: { ...rollout, out: new Set([...(rollout.out ?? []), ...gone]) } };
  });
  return { ...work, tasks: work.tasks.filter(({ host }) => hosts.has(host.name)), plays };
}

/** What the roles make now of the base facts that the plan was made on, where it is something else; the same of several hosts is told once. */
function sourceDifferences({ hosts, visited }: SavedPlan, { tasks, plays }: Project, printing: Printing): readonly string[] {
  const found = new Map<string, string[]>();
  const tell = (host: Host, sentences: readonly string[]): void => {
    for (const sentence of sentences) found.set(sentence, [...(found.get(sentence) ?? []), host.name]);
  };
  for (const { host, plays: own } of tasks) {
    const saved = hosts[host.name];
    if (saved !== undefined) tell(host, differencesIn(saved, itemsOf(host, own, saved), printing));
  }
  for (const [host, own] of visitsOf(plays)) {
    const saved = visited[host.name];
    if (saved === undefined) continue;
    const known = new Set(saved.steps.map(({ play }) => play));
    // Which visits are made depends on the hosts that have something to do.
    const made = own.filter(({ index }) => known.has(index));
    tell(host, differencesIn(saved, itemsOf(host, made, saved), printing));
  }
  return [...found].map(
    ([sentence, [first = '', ...more]]) => `${sentence} on ${first}${more.length === 0 ? '' : ` and ${more.length} more`}`,
  );
}

function visitsOf(plays: readonly PlayTask[]): ReadonlyMap<Host, readonly HostPlay[]> {
  const found = new Map<Host, HostPlay[]>();
  for (const { rollout } of plays) {
    for (const { once, before, after, gate } of rollout?.visits.values() ?? []) {
      for (const { host, play } of [...once, ...before, ...after, ...gate]) found.set(host, [...(found.get(host) ?? []), play]);
    }
  }
  return found;
}

/** Of a play at a privilege level that the plan knows nothing of no steps can be made: it has none of the plan's. */
function itemsOf(host: Host, plays: readonly HostPlay[], saved: HostBasis): readonly HostStep[] {
  const bases = new Map(Object.entries(saved.bases));
  const known = plays.filter((play) => becomesOf(play).every((become) => bases.has(levelOf(become))));
  return known.flatMap((play) => assemblePlay(play, host, bases));
}

function differencesIn({ steps }: HostBasis, items: readonly HostStep[], printing: Printing): readonly string[] {
  const saved = new Map(steps.map((step) => [keyOf(step), step]));
  const now = new Map(stepPrints(items, [], printing).map((step) => [keyOf(step), step]));
  const found = [
    ...[...now.values()].filter((step) => !saved.has(keyOf(step))).map(({ id }) => `${id} is new`),
    ...steps.filter((step) => !now.has(keyOf(step))).map(({ id }) => `${id} is gone`),
    ...steps.flatMap((step) => {
      const wants = wantsElse(step, now.get(keyOf(step)) ?? step);
      return wants === null ? [] : [`${step.id} ${wants}`];
    }),
  ];
  const isReordered = found.length === 0 && [...saved.keys()].join('\n') !== [...now.keys()].join('\n');
  return isReordered ? ['the order of the steps is another one'] : found;
}

/** What differs and does not keep the plan from being carried out, in plain sentences. */
export async function notableDifferences({ report: { run } }: SavedPlan, project: Project): Promise<readonly string[]> {
  const { cwd, playbook } = project.options;
  const revision = await readRevision(dirname(resolve(cwd, playbook)));
  const digest = varsDigest(project, cwd);
  const isOther = keyPart(run.varsDigest) === keyPart(digest) && run.varsDigest !== digest;
  return [
    ...(run.revision?.commit === revision?.commit
      ? []
      : [
          `the plan was made at ${revisionText(run.revision)}, and the playbook is at ${revisionText(revision)} now; it makes the same steps`,
        ]),
    ...(isOther ? ['vars differ from those that the plan was made with: one that no step shows, or a secret'] : []),
  ];
}

function keyPart(digest: string | null | undefined): string | null {
  return digest?.split('-')[0] ?? null;
}

/** A state of a repository in words. */
export function revisionText(revision: Revision | null | undefined): string {
  if (revision === null || revision === undefined) return 'no known revision';
  return `commit ${revision.commit.slice(0, 12)}${revision.dirty ? ' with uncommitted changes' : ''}`;
}
