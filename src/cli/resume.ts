import { extname } from 'node:path';
import { fingerprint, type Project, type Resume } from '../engine.ts';
import { diagnose } from '../errors/diagnose.ts';
import { compareFingerprints } from '../fingerprint-difference.ts';
import { type Left, whatIsLeft } from '../resume.ts';
import type { Cli } from './cli.ts';
import type { EarlierRun } from './earlier-run.ts';
import { InputProblems } from './problem.ts';

/** What is to be carried out of an earlier run, said on standard error; null where nothing is left. Throws InputProblems where the project differs. */
export function planResume(project: Project, earlier: EarlierRun, { output }: Pick<Cli, 'output'>): Resume | null {
  const { header, wish, journals, ended } = earlier;
  const { id } = header;
  const now = fingerprint(project, header.fingerprint.salt);
  refuseDifferences(compareFingerprints(header.fingerprint, now), id);
  const left = whatIsLeft(project, journals, { of: id, wish });
  output.err(`${opening(earlier, left)}\n`);
  if (left.plays.size === 0) return null;
  if (now.text !== header.fingerprint.text && !['.yml', '.yaml'].includes(extname(header.playbook)))
    output.err(`warning: ${header.playbook} was edited since; its plays, hosts and parameters are the same, roles in it may not be\n`);
  for (const journal of journals.filter((each) => !ended.includes(each.header.id))) {
    const { by, id: run } = journal.header;
    output.err(`warning: run ${run} was started on ${by.machine}: if it has died, the hosts that it holds are free in two minutes\n`);
  }
  const out = [...new Set([...left.out.values()].flatMap((hosts) => [...hosts]))];
  if (out.length > 0) output.err(`out of service since then, and left so: ${out.join(', ')}\n`);
  return { run: id, wish, left, instead: ended };
}

function refuseDifferences(differences: readonly string[], id: string): void {
  if (differences.length === 0) return;
  const hint = 'a run is resumed with what it was begun with; drover apply PLAYBOOK begins another';
  const isLast = (index: number): boolean => index === differences.length - 1;
  throw new InputProblems(
    differences.map((sentence, index) => diagnose('argument', `since run ${id}: ${sentence}`, { hint: isLast(index) ? hint : null })),
  );
}

function opening({ header: { id, hosts }, wish }: EarlierRun, { plays, done, failed }: Left): string {
  const wanted = plays.size;
  if (wish === 'retry-failed') {
    if (wanted > 0) return `run ${id}: trying ${count(wanted)} again that failed`;
    const open = hosts.length - done.length;
    return `run ${id}: no host failed${open === 0 ? '' : `; ${count(open)} not done: drover apply --resume ${id}`}`;
  }
  if (wanted > 0) return `run ${id}: going on with ${wanted} of ${count(hosts.length)}`;
  const rest = failed.length === 0 ? `all of its ${count(hosts.length)} done` : `nothing is left but ${count(failed.length)} that failed`;
  return `run ${id}: ${rest}${failed.length === 0 ? '' : `: drover apply --retry-failed ${id}`}`;
}

function count(hosts: number): string {
  return hosts === 1 ? '1 host' : `${hosts} hosts`;
}
