import type { NetworkAction } from '../model/network-action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine, quote } from '../shell/quote.ts';

/**
 * Makes a sit tunnel or changes the one that is there, and sets it up. `ip tunnel` asks by ioctl, which the oldest kernels answer too.
 * The IPv6 layer's MTU follows that of the link only when the link's changes, so it is set as well.
 */
export function setTunnel(action: Extract<NetworkAction, { kind: 'setTunnel' }>): CompiledAction {
  const { name, local, remote, ttl, mtu } = action;
  const endpoints = ['mode', 'sit', 'remote', remote, 'local', local, 'ttl', String(ttl)];
  const ownMtu = quote(`/proc/sys/net/ipv6/conf/${name}/mtu`);
  return {
    summary: `tunnel ${name}: ${local} → ${remote}, ttl ${ttl}, mtu ${mtu}`,
    script: `
if [ -e ${quote(`/sys/class/net/${name}`)} ]; then ${commandLine(['ip', 'tunnel', 'change', name, ...endpoints])}
else ${commandLine(['ip', 'tunnel', 'add', name, ...endpoints])} || die ${quote(
      `the tunnel was not made; the kernel refuses a second one from ${local} to ${remote}, and any where the module sit is missing`,
    )}; fi
${commandLine(['ip', 'link', 'set', 'dev', name, 'mtu', String(mtu), 'up'])}
if [ -w ${ownMtu} ]; then echo ${mtu} >${ownMtu}; fi`,
  };
}

/** Takes a tunnel away; nothing where it is gone already. */
export function removeTunnel({ name }: Extract<NetworkAction, { kind: 'removeTunnel' }>): CompiledAction {
  return {
    summary: `remove tunnel ${name}`,
    script: `[ ! -e ${quote(`/sys/class/net/${name}`)} ] || ${commandLine(['ip', 'tunnel', 'del', name])}`,
  };
}
