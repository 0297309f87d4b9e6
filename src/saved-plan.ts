import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Fingerprint } from './fingerprint.ts';
import type { Inspect } from './model/planned.ts';
import type { Run } from './model/run.ts';
import { reportOf } from './report/json.ts';
import type { Redactor } from './report/redact.ts';
import type { Report } from './report/report.ts';
import { reportSchema } from './report/report-schema.ts';
import { basisOf, type HostBasis, type Printing } from './saved-plan-basis.ts';
import { FORMAT, MAGIC } from './saved-plan-format.ts';
import { SecretMask } from './saved-plan-mask.ts';

/** A plan in a file: what was planned, and what it stands on. */
export interface SavedPlan {
  readonly format: typeof FORMAT;
  /** Of the project; its salt is that of all digests in the file. */
  readonly fingerprint: Fingerprint;
  /** Hosts on which the plan changes something. */
  readonly hosts: Readonly<Record<string, HostBasis>>;
  /** Hosts on which something is done for others. */
  readonly visited: Readonly<Record<string, HostBasis>>;
  /** The plan as it was shown. */
  readonly report: Report;
}

/** A saved plan that is to be carried out. */
export interface ApprovedPlan {
  /** Hosts on which it changes something: the only ones that are connected to, but for those that are visited for them. */
  readonly hosts: ReadonlySet<string>;
  /** Hosts that could not be reached when it was made: nobody knows whether they serve, so they count as out of service. */
  readonly out: ReadonlySet<string>;
  /** Refuses hosts that are not what the plan was made on. */
  readonly inspect: Inspect;
}

/** Notes what the plans of hosts stand on, while they are made. */
export class PlanRecorder {
  readonly #printing: Pick<Printing, 'salt' | 'key'>;
  readonly mask: SecretMask;
  readonly #hosts = new Map<string, HostBasis>();
  readonly #visited = new Map<string, HostBasis>();

  constructor(redactor: Pick<Redactor, 'text'>, { salt, key }: Pick<Printing, 'salt' | 'key'>) {
    this.mask = new SecretMask(redactor.text);
    this.#printing = { salt, key };
  }

  /** Refuses nothing. */
  readonly inspect: Inspect = (planned) => {
    const bases = planned.isVisited ? this.#visited : this.#hosts;
    bases.set(planned.host, basisOf(planned, { ...this.#printing, mask: this.mask.of(planned) }));
    return null;
  };

  /** The plan for a file. `run` is redacted. */
  plan(run: Run, fingerprint: Fingerprint): SavedPlan {
    const changing = new Set(run.hosts.filter(({ outcome }) => outcome === 'changed').map(({ name }) => name));
    const only = [...this.#hosts].filter(([name]) => changing.has(name));
    const report = reportOf(run);
    return { format: FORMAT, fingerprint, hosts: Object.fromEntries(only), visited: Object.fromEntries(this.#visited), report };
  }
}

/** Writes a plan, for its owner alone, whole or not at all. Rejects with the file system's error. */
export async function writeSavedPlan(path: string, plan: SavedPlan): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  try {
    await writeFile(temporary, `${JSON.stringify(plan)}\n`, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

const DIGEST = z.string().min(1);
const NAMED = z.looseObject({});

const BASIS = z.object({
  bases: z.record(z.string(), NAMED),
  steps: z.array(
    z.object({
      play: z.int(),
      id: z.string(),
      wanted: DIGEST,
      secret: z.tuple([DIGEST, DIGEST]).nullable(),
      decided: z.tuple([z.string(), DIGEST]).nullable(),
    }),
  ),
  facts: z.array(z.object({ kind: z.string(), key: z.string(), fields: z.record(z.string(), z.string()) })),
});

/** What a plan must have for drover to go by it. */
const SHAPE = z.object({
  fingerprint: z.object({
    salt: z.string().min(16),
    text: DIGEST,
    plays: z.array(z.looseObject({ name: z.string(), hosts: z.record(z.string(), z.array(z.tuple([z.string(), DIGEST]))) })),
  }),
  hosts: z.record(z.string(), BASIS),
  visited: z.record(z.string(), BASIS),
  report: reportSchema,
});

/** Reads a saved plan; or says, in words that follow its name, why it cannot be read. Throws where there is no such file. */
export function readSavedPlan(path: string): SavedPlan | string {
  const text = readFileSync(path, 'utf8');
  if (!text.startsWith(MAGIC)) return 'is no saved plan';
  try {
    const plan: SavedPlan = JSON.parse(text);
    if (plan.format !== FORMAT) return `has the format ${JSON.stringify(plan.format)}, which this drover does not know`;
    return SHAPE.safeParse(plan).success ? plan : 'is damaged, or was made by another drover';
  } catch {
    return 'is damaged: it does not end as it should';
  }
}
