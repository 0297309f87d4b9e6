import { ANY, type FactView } from '../model/fact.ts';
import type { Step, StepPlan } from '../model/step.ts';
import { type Command, checkCommand, lineOf } from './command-words.ts';
import { refuse } from './regular-file.ts';
import { makeStep, StepArgumentError } from './step.ts';

/** When a host is rebooted, and how long it may take. */
export interface RebootOptions {
  /** Whether the play allows it: the role's `allow.reboot`. Where it does not, the step is skipped and says that a reboot is required. */
  readonly allowed: boolean;
  /**
   * Read-only command that succeeds where no reboot is required, and must succeed after one. The last line of what it says otherwise stands behind
   * `because`. Default: the host's own word: no
   * /run/reboot-required (Debian's packages), `needs-restarting -r` (Red Hat's), and the running kernel's modules are still installed.
   */
  readonly unless?: Command | undefined;
  /** Why it is required, in plain words. Default: that the system says so. */
  readonly because?: string | undefined;
  /** For handlers and maintenance: reboots whatever the check says. Default: false. */
  readonly always?: boolean | undefined;
  /** Longest wait for the host to come back, in milliseconds. Default 900 000. */
  readonly deadlineMs?: number | undefined;
  /** Short name for reports, unique in the role. Default `host`. */
  readonly name?: string | undefined;
}

/** Succeeds where the system does not ask for a reboot: needs-restarting(1), and reboot-required as update-notifier's hook writes it. */
const SYSTEM_AGREES = [
  '[ ! -e /run/reboot-required ] && [ ! -e /var/run/reboot-required ]',
  '{ ! command -v needs-restarting >/dev/null 2>&1 || needs-restarting -r >/dev/null 2>&1; }',
  '{ [ ! -d /lib/modules ] || [ -z "$(ls /lib/modules)" ] || [ -d "/lib/modules/$(uname -r)" ]; }',
].join(' && ');

/**
 * Reboots the host where that is required and allowed, and waits until it is back: another boot id (random(4)), not just a connection. The
 * facts are read anew. A host that drover itself runs on is never rebooted. Throws StepArgumentError for wrong arguments.
 */
export function reboot(options: RebootOptions): Step {
  const { allowed, unless, always = false, deadlineMs = 900_000, because = 'the system says so' } = options;
  if (typeof allowed !== 'boolean') throw new StepArgumentError('reboot: say allowed: true or false, such as the role’s allow.reboot');
  if (unless !== undefined) checkCommand('reboot: unless', unless);
  if (always && unless !== undefined) throw new StepArgumentError('reboot: always goes without unless');
  if (!(deadlineMs > 0)) throw new StepArgumentError('reboot: deadlineMs must be more than 0');
  const check = always ? null : unless === undefined ? SYSTEM_AGREES : lineOf(unless);
  return makeStep(
    {
      kind: 'reboot',
      subject: options.name ?? 'host',
      reads: check === null ? [] : [{ kind: 'guard', key: check }],
      wants: [{ field: 'boot', after: 'a new one, if required' }],
      plan: (facts) => planReboot({ allowed, check, because, deadlineMs }, facts),
    },
    {},
  );
}

interface Desired {
  readonly allowed: boolean;
  /** null: always. */
  readonly check: string | null;
  readonly because: string;
  readonly deadlineMs: number;
}

function planReboot({ allowed, check, because, deadlineMs }: Desired, facts: FactView): StepPlan {
  const guard = check === null ? null : facts.get('guard', check);
  if (guard?.exitCode === 0) return { result: 'ok' };
  const why = [because, lastLine(guard?.output ?? '')].filter((text) => text !== '').join(': ');
  if (!allowed) return { result: 'skipped', reason: `a reboot is required: ${why}; the play does not allow it (allow: [reboot])` };
  if (facts.base.sshConnection === null) return refuse('drover runs on this host itself and cannot reboot it');
  return {
    result: 'change',
    changes: [{ field: 'boot', before: 'running', after: `rebooted: ${why}` }],
    predicted: check === null ? [] : [{ kind: 'guard', key: check, value: { exitCode: 0, output: ANY } }],
    actions: [{ kind: 'reboot', deadlineMs }],
    cloud: 'everything',
    irreversible: 'a reboot',
  };
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
