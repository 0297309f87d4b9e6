import type { DrainIpvsServer, IpvsAction } from '../model/ipvs-action.ts';
import { type IpvsMethod, type IpvsName, ipvsEndpoint, ipvsKey } from '../model/ipvs-fact.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine, quote } from '../shell/quote.ts';
import { longestWaitMs, waitLoop } from './wait.ts';

const METHOD_FLAGS: Readonly<Record<IpvsMethod, string>> = { dr: '-g', tun: '-i', nat: '-m' };

/**
 * A change to the table of virtual services by ipvsadm(8), which brings the modules along. Edited where it can be, added where it is not
 * there, and taken away only while it is there.
 */
export function ipvs(action: IpvsAction): CompiledAction {
  const named = nameFlags(action.service);
  switch (action.kind) {
    case 'setIpvsService': {
      const { scheduler, persistentSec } = action;
      const words = [...named, '-s', scheduler, ...(persistentSec === null ? [] : ['-p', String(persistentSec)])];
      return { summary: `set virtual service ${ipvsKey(action.service)}`, script: editOrAdd(['-E', '-A'], words) };
    }
    case 'removeIpvsService':
      return {
        summary: `remove virtual service ${ipvsKey(action.service)}`,
        script: `! ${commandLine(['ipvsadm', '-L', '-n', ...named])} >/dev/null 2>&1 || ${commandLine(['ipvsadm', '-D', ...named])}`,
      };
    case 'setIpvsServer': {
      const { method, weight } = action.server;
      const real = ipvsEndpoint(action.server);
      // An edit without the method would make it direct routing.
      const words = [...named, '-r', real, METHOD_FLAGS[method], '-w', String(weight)];
      return { summary: `set real server ${real} of ${ipvsKey(action.service)}`, script: editOrAdd(['-e', '-a'], words) };
    }
    case 'removeIpvsServer': {
      const real = ipvsEndpoint(action);
      const words = [...named, '-r', real];
      return {
        summary: `remove real server ${real} from ${ipvsKey(action.service)}`,
        script: `! ipvsadm -S -n | grep -qF -e ${quote(`-a ${words.join(' ')} `)} || ${commandLine(['ipvsadm', '-d', ...words])}`,
      };
    }
    case 'setIpvsWeight':
      return setWeight(action);
    case 'drainIpvsServer':
      return drain(action);
  }
}

/** An edit sets everything: what is not said is the default again. So the connection thresholds are asked for first (ipvsadm(8), -x, -y). */
function setWeight({ service, server }: Extract<IpvsAction, { kind: 'setIpvsWeight' }>): CompiledAction {
  const real = ipvsEndpoint(server);
  const words = [...nameFlags(service), '-r', real, METHOD_FLAGS[server.method], '-w', String(server.weight)];
  return {
    summary: `set the weight of real server ${real} of ${ipvsKey(service)} to ${server.weight}`,
    script: [
      `bounds=$(${commandLine(['ipvsadm', '-L', '-n', '--thresholds', ...nameFlags(service)])} | while read -r arrow name upper lower rest; do`,
      `  [ "$arrow $name" != ${quote(`-> ${real}`)} ] || [ "$upper $lower" = '0 0' ] || echo "-x $upper -y $lower"`,
      'done)',
      `${commandLine(['ipvsadm', '-e', ...words])} $bounds`,
    ].join('\n'),
  };
}

/** Time between two looks at the connections, in milliseconds. */
const DRAIN_INTERVAL_MS = 1_000;

function drain({ service, deadlineMs, ifNotDrained, ...server }: DrainIpvsServer): CompiledAction {
  const real = ipvsEndpoint(server);
  const what = `the end of the connections of ${real}`;
  const times = { intervalMs: DRAIN_INTERVAL_MS, deadlineMs };
  return {
    summary: `wait for ${what} of ${ipvsKey(service)}`,
    script: [
      'drained() {',
      `  n=$(${commandLine(['ipvsadm', '-L', '-n', ...nameFlags(service)])} | while read -r arrow name method weight active rest; do`,
      `    if [ "$arrow $name" = ${quote(`-> ${real}`)} ]; then echo "$active"; fi`,
      '  done)',
      `  case $n in 0) ;; '') echo 'it is not among the real servers any more'; return 1 ;; *) echo "$n active"; return 1 ;; esac`,
      '}',
      waitLoop({ what, look: 'drained', ...times, times: 1, late: ifNotDrained === 'fail' ? 'die "$why"' : 'echo "$why; going on"' }),
    ].join('\n'),
    deadlineMs: longestWaitMs(times),
  };
}

function nameFlags(service: IpvsName): string[] {
  return [service.protocol === 'tcp' ? '-t' : '-u', ipvsEndpoint(service)];
}

function editOrAdd([edit, add]: readonly [string, string], words: readonly string[]): string {
  return `${commandLine(['ipvsadm', edit, ...words])} 2>/dev/null || ${commandLine(['ipvsadm', add, ...words])}`;
}
