import { diagnose, uniqueDiagnostics } from '../../../errors/diagnose.ts';
import type { Checked, Diagnostic } from '../../../model/diagnostic.ts';
import type { ResolvedSshOptions } from '../../../model/resolved-ssh-options.ts';
import type { SshHop, SshOptions } from '../../../model/ssh-options.ts';
import type { Request } from './collect.ts';
import type { ConfigFile } from './directive.ts';
import { resolveOptions } from './resolve-options.ts';

/** One SSH connection on the way to a host, the host itself last. */
export interface RouteStop {
  /** As ProxyJump or the inventory names it. */
  readonly host: string;
  readonly options: ResolvedSshOptions;
}

/**
 * The connections that lead to a host, the first one to make first: jump hosts have lines of the files for themselves, and jump hosts of their own,
 * as when ssh runs itself for ProxyJump. A way that comes back to a machine is a problem.
 */
export function resolveRoute(files: readonly ConfigFile[], request: Request): Checked<readonly RouteStop[]> {
  const problems: Diagnostic[] = [];
  const value = follow({ host: request.host, given: request.given }, []);
  return { value, problems: uniqueDiagnostics(problems) };

  function follow({ host, given }: { host: string; given: SshOptions }, trail: readonly RouteStop[]): readonly RouteStop[] {
    const resolved = resolveOptions(files, { host, given, machine: request.machine });
    problems.push(...resolved.problems);
    const stop = { host, options: resolved.value };
    if (trail.some((other) => isSame(other, stop))) {
      problems.push(comesBack([...trail, stop]));
      return [];
    }
    const hops = resolved.value.proxyJump ?? [];
    const last = hops.at(-1);
    return last === undefined ? [stop] : [...follow(asRequest(last, hops.slice(0, -1)), [...trail, stop]), stop];
  }
}

/** What ssh is called with for the machine before a host: itself jumps over those before it, or else as its own lines say. */
function asRequest({ host, user, port }: SshHop, before: readonly SshHop[]): { host: string; given: SshOptions } {
  const given = {
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...(before.length === 0 ? {} : { proxyJump: before }),
  };
  return { host, given };
}

function isSame(a: RouteStop, b: RouteStop): boolean {
  const name = ({ host, options }: RouteStop): string => JSON.stringify([host, options.hostName, options.port, options.user]);
  return name(a) === name(b) && (b.options.proxyJump ?? []).length > 0;
}

function comesBack(trail: readonly RouteStop[]): Diagnostic {
  const way = trail.map(({ host }) => host).join(' over ');
  const hint = `give ${trail.at(-1)?.host} "ProxyJump none" above the line that applies to all`;
  return diagnose('ssh-config', `ProxyJump leads back to where it came from: ${way}`, { hint });
}
