import type { FactView, SysctlFact } from '../model/fact.ts';
import type { Change, Step, StepOptions, StepPlan } from '../model/step.ts';
import { foldSpace, sysctlKey } from '../shell/sysctl.ts';
import { contentOf } from './content.ts';
import { foundLines } from './found-lines.ts';
import { fileReads, foundFile, planRegularFile, refuse } from './regular-file.ts';
import { checkPath, makeStep, StepArgumentError, wanted } from './step.ts';
import { bodyOf, bytesOf, decoded, encoded, insertAt, type Lines, withBody } from './text.ts';

/** Desired state of a kernel parameter. */
export interface SysctlOptions extends StepOptions {
  /**
   * Its name: `net.ipv4.ip_forward`. A dot inside an interface's name is written `/`, as sysctl(8) does:
   * `net.ipv4.conf.eth0/100.rp_filter`, or `net/ipv4/conf/eth0.100/rp_filter`.
   */
  readonly key: string;
  /** White space is folded, as in `4096 87380 6291456`. */
  readonly value: string | number;
  /** The file that sets it at boot, one line per key. Default `/etc/sysctl.d/60-drover.conf`; null: only now, not after a reboot. */
  readonly file?: string | null | undefined;
  /** What to do when a file that is read later sets the key to something else: `refuse` (default), or `accept` it. */
  readonly overridden?: 'refuse' | 'accept' | undefined;
}

const DEFAULT_FILE = '/etc/sysctl.d/60-drover.conf';

/**
 * A kernel parameter with this value, now (`live`) and after a reboot (`persistent`). Refused where the kernel does not have it, and
 * where a file that is read later (sysctl.d(5)) would set another value at boot. Throws StepArgumentError for wrong arguments.
 */
export function sysctl(options: SysctlOptions): Step {
  const { overridden = 'refuse' } = options;
  const key = checkKey(options.key);
  const value = checkValue(key, options.value);
  const path = options.file === null ? null : checkFile(options.file ?? DEFAULT_FILE);
  return makeStep(
    {
      kind: 'sysctl',
      subject: key,
      reads: [{ kind: 'sysctl', key }, ...(path === null ? [] : fileReads(path, 'always'))],
      wants: wanted({ live: value, persistent: path === null ? undefined : value }),
      plan: (facts) => planSysctl({ key, value, path, overridden }, facts),
    },
    options,
  );
}

function checkKey(name: unknown): string {
  if (typeof name === 'string' && /^[A-Za-z0-9_][^\s=\0]*$/.test(name) && !/[./]{2}|[./]$|\.\./.test(name)) return sysctlKey(name);
  throw new StepArgumentError(`sysctl: ${JSON.stringify(name)} is no name of a kernel parameter, such as net.ipv4.ip_forward`);
}

function checkValue(key: string, value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (foldSpace(text) === '' || /[\n\r\0]/.test(text))
    throw new StepArgumentError(`sysctl: value ${JSON.stringify(value)} of ${key} must be one line`);
  return foldSpace(text);
}

function checkFile(file: string): string {
  const path = checkPath('sysctl', file);
  if (!path.endsWith('.conf')) throw new StepArgumentError(`sysctl: ${path} must end in .conf, or it is not read at boot (sysctl.d(5))`);
  return path;
}

interface Desired {
  readonly key: string;
  readonly value: string;
  readonly path: string | null;
  readonly overridden: 'refuse' | 'accept';
}

function planSysctl(desired: Desired, facts: FactView): StepPlan {
  const { key, value, path } = desired;
  const now = facts.get('sysctl', key);
  if (now.value === null) return refuse(`the kernel has no parameter ${key} (is its module loaded, its interface there?)`);
  const override = overrideOf(desired, now);
  if (override !== null) return refuse(override);
  const persistent = path === null ? null : planFile({ ...desired, path }, facts);
  if (persistent !== null && 'result' in persistent) return persistent;
  const live: Change[] = now.value === value ? [] : [{ field: 'live', before: now.value, after: value }];
  const changes = [...live, ...(persistent?.changes ?? [])];
  if (changes.length === 0) return { result: 'ok' };
  return {
    result: 'change',
    changes,
    // Which files set it is not predicted: other steps may write them.
    predicted: [{ kind: 'sysctl', key, value: { value } }, ...(persistent?.predicted ?? [])],
    actions: [...(live.length === 0 ? [] : [{ kind: 'setSysctl' as const, key, value }]), ...(persistent?.actions ?? [])],
  };
}

/** Why the value would not last, when a file behind ours says otherwise. */
function overrideOf({ key, value, path, overridden }: Desired, { settings }: SysctlFact): string | null {
  if (path === null || overridden === 'accept' || !Array.isArray(settings)) return null;
  const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
  const later = settings.filter((each) => each.file !== path && (each.file === '/etc/sysctl.conf' || nameOf(each.file) > nameOf(path)));
  const last = later.at(-1);
  if (last === undefined || last.value === value) return null;
  return `${last.file} sets ${key} to ${last.value} and is read after ${path}, so ${value} would not outlast a reboot; remove the line there, choose a later file, or say overridden: 'accept'`;
}

type FilePart = Pick<Extract<StepPlan, { result: 'change' }>, 'changes' | 'predicted' | 'actions'>;

/** The line in the file: the last one of the key is set, earlier ones go. */
function planFile({ key, value, path }: Desired & { readonly path: string }, facts: FactView): FilePart | StepPlan {
  const found = foundFile(path, facts);
  const now = foundLines(path, found);
  if ('result' in now) return now;
  const { lines, before } = setLine(now, key, value);
  const target = { path, content: contentOf(bytesOf(lines)), mode: undefined, owner: undefined, group: undefined, validate: undefined };
  const plan = planRegularFile({ ...target, link: 'refuse' }, found);
  if (plan.result === 'ok') return { changes: [], predicted: [], actions: [] };
  if (plan.result !== 'change') return plan;
  const field: Change[] = before === value ? [] : [{ field: 'persistent', before, after: value }];
  const { changes, predicted, actions } = plan;
  return { changes: [...field, ...changes], predicted, actions };
}

function setLine(lines: Lines, key: string, value: string): { lines: Lines; before: string | null } {
  const own = lines.flatMap((line, index) => {
    const match = /^\s*-?\s*([^\s=#;]+)\s*=(.*)$/.exec(decoded(bodyOf(line)));
    return match !== null && sysctlKey(match[1] ?? '') === key ? [{ index, value: foldSpace(match[2] ?? '') }] : [];
  });
  const last = own.at(-1);
  if (last === undefined) return { lines: insertAt(lines, lines.length, [encoded(`${key} = ${value}`)]), before: null };
  const kept = lines.map((line, index) =>
    index === last.index && last.value !== value ? withBody(line, encoded(`${key} = ${value}`)) : line,
  );
  return { lines: kept.filter((_, index) => index === last.index || !own.some((each) => each.index === index)), before: last.value };
}
