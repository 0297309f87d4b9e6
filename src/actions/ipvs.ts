import type { IpvsAction } from '../model/ipvs-action.ts';
import { type IpvsMethod, type IpvsName, ipvsEndpoint, ipvsKey } from '../model/ipvs-fact.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine, quote } from '../shell/quote.ts';

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
  }
}

function nameFlags(service: IpvsName): string[] {
  return [service.protocol === 'tcp' ? '-t' : '-u', ipvsEndpoint(service)];
}

function editOrAdd([edit, add]: readonly [string, string], words: readonly string[]): string {
  return `${commandLine(['ipvsadm', edit, ...words])} 2>/dev/null || ${commandLine(['ipvsadm', add, ...words])}`;
}
