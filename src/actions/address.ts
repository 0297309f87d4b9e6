import type { Action } from '../model/action.ts';
import type { NetworkAction } from '../model/network-action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine, quote } from '../shell/quote.ts';

/** Adds an address to an interface, live; nothing where it is there already (`ip addr add` would fail with status 2). */
export function addAddress(action: Extract<Action, { kind: 'addAddress' }>): CompiledAction {
  const { interface: name, address, label, scope } = action;
  const options = [...(label === undefined ? [] : ['label', label]), ...(scope === undefined ? [] : ['scope', scope])];
  return {
    summary: `add ${address} to ${name}`,
    // The network system may bring it back by itself in between.
    script: `${has(name, address)} || ${commandLine(['ip', 'addr', 'add', address, 'dev', name, ...options])} || ${has(name, address)}`,
  };
}

/** Takes an address from an interface, live; nothing where it is gone already. */
export function removeAddress(action: Extract<Action, { kind: 'removeAddress' }>): CompiledAction {
  const { interface: name, address } = action;
  return {
    summary: `remove ${address} from ${name}`,
    script: `! ${has(name, address)} || ${commandLine(['ip', 'addr', 'del', address, 'dev', name])}`,
  };
}

function has(name: string, address: string): string {
  return `ip -o addr show dev ${quote(name)} | grep -qF ${quote(` ${address} `)}`;
}

/** Ends the preferred lifetime of an IPv6 address, or makes it endless (ip-address(8)). */
export function deprecateAddress(action: Extract<NetworkAction, { kind: 'deprecateAddress' }>): CompiledAction {
  const { interface: name, address, deprecated } = action;
  const lifetime = ['valid_lft', 'forever', 'preferred_lft', deprecated ? '0' : 'forever'];
  return {
    summary: `${deprecated ? 'deprecate' : 'prefer'} ${address} on ${name}`,
    script: commandLine(['ip', '-6', 'addr', 'change', address, 'dev', name, ...lifetime]),
  };
}
