import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { openDigestKey } from './digest-key.ts';
import { canonical, usesOf, type Work } from './fingerprint.ts';
import type { RunHeader } from './model/run.ts';
import type { Operator, Project } from './project.ts';
import { readRevision } from './revision.ts';
import { VERSION } from './version.ts';

/** Who runs drover, and where: `name@machine`. */
export function ownerOf({ username }: Pick<Operator, 'username'>): string {
  return `${username}@${hostname()}`;
}

/** What is known of a run of this project from its start. What the repository or the key file do not tell is null. */
export async function openHeader(project: Project, { mode, argv }: Pick<RunHeader, 'mode' | 'argv'>): Promise<RunHeader> {
  const { cwd, playbook, inventory, limit, tags, skipTags } = project.options;
  const startedAt = new Date().toISOString();
  return {
    id: runId(startedAt),
    mode,
    argv,
    startedAt,
    user: ownerOf(project.options),
    drover: VERSION,
    node: process.versions.node,
    playbook,
    revision: await readRevision(dirname(resolve(cwd, playbook))),
    inventory,
    limit,
    tags,
    skipTags,
    varsDigest: varsDigest(project, cwd),
  };
}

/** Sorts by time down to the millisecond: runs follow each other within a second. */
function runId(startedAt: string): string {
  const random = Math.floor(Math.random() * 0x10000).toString(16);
  return `${startedAt.replace(/[-:]/g, '')}-${random.padStart(4, '0')}`;
}

/**
 * A digest of the vars of all hosts of a run and of the parameters that their roles get, by the key of this folder: `KEY-DIGEST`. Equal where all of
 * them are, whatever the order of hosts and names. Secrets count, and cannot be guessed from it without the key.
 */
export function varsDigest(work: Work, cwd: string): string | null {
  const key = openDigestKey(cwd);
  if (key === null) return null;
  const rollouts = new Map(work.plays.map(({ index, rollout }) => [index, rollout]));
  const hosts = work.tasks.map(({ host, plays }): readonly [string, string] => {
    const own = plays.filter(({ part }) => part === 'roles');
    const uses = own.map((play) => [play.name, usesOf(host.name, play, rollouts.get(play.index) ?? null)]);
    return [host.name, key.digest(canonical([host.vars, uses]))];
  });
  return `${key.id}-${key.digest(canonical(Object.fromEntries(hosts)))}`;
}
