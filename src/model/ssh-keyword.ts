import type { SshOptions } from './ssh-options.ts';
import { SSH_VALUES, type SshValue } from './ssh-values.ts';

/**
 * What a keyword of ssh_config(5) with its value comes to: options, what is wrong with the value, nothing (`noEffect`, and why nothing changes
 * for drover), or something that drover cannot follow (and what to do instead).
 */
export type SshKeyword = SshValue | { readonly noEffect: string } | UnsupportedKeyword;

/** A keyword that drover's own SSH cannot follow. */
export interface UnsupportedKeyword {
  readonly unsupported: string;
  readonly hint: string | null;
  /** Whether the system's ssh follows it where drover reaches hosts by that. */
  readonly byOpenSsh: boolean;
}

/** Reads one keyword, in any case, and the text behind it, in which quotes still stand. */
export function readSshKeyword(keyword: string, text: string): SshKeyword {
  const name = keyword.toLowerCase();
  const read = SSH_VALUES.get(name);
  if (read !== undefined) return read(text.trim());
  const noEffect = NO_EFFECT.get(name);
  if (noEffect !== undefined) return { noEffect };
  if (AS_ANYWAY.get(name)?.includes(text.trim().toLowerCase()) === true) return { noEffect: 'drover does so anyway' };
  const [refused, wayOut = null] = REFUSED.get(name) ?? [];
  if (refused !== undefined) return { unsupported: refused, hint: wayOut, byOpenSsh: false };
  const [unsupported, hint = null] = OPENSSH_ONLY.get(name) ?? ['drover does not know it'];
  return { unsupported, hint, byOpenSsh: true };
}

/**
 * Options of which the first that is given counts, as in OpenSSH; files of keys add up, and of `ProxyJump` and `ProxyCommand` the one that is
 * given first switches off the other (ssh_config(5)).
 */
export function mergeSshOptions(first: SshOptions, then: SshOptions): SshOptions {
  const { proxyJump, proxyCommand, ...rest } = then;
  const isProxied = first.proxyJump !== undefined || first.proxyCommand !== undefined;
  const proxy = { ...(proxyJump !== undefined && { proxyJump }), ...(proxyCommand !== undefined && { proxyCommand }) };
  const merged = { ...rest, ...(isProxied ? {} : proxy), ...first };
  if (first.identityFiles === undefined || then.identityFiles === undefined) return merged;
  return { ...merged, identityFiles: [...new Set([...first.identityFiles, ...then.identityFiles])] };
}

const ONE_CONNECTION = 'drover keeps one connection to a host for as long as a run lasts';
const NO_TERMINAL = 'drover never asks through ssh';
const WHERE_GIVEN = 'a password is tried only where one is given';

/** Keywords that change nothing of what drover does, each with why. */
const NO_EFFECT: ReadonlyMap<string, string> = new Map([
  ['controlmaster', ONE_CONNECTION],
  ['controlpath', ONE_CONNECTION],
  ['controlpersist', ONE_CONNECTION],
  ['compression', 'what drover sends is small'],
  ['loglevel', 'drover has its own reports'],
  ['batchmode', NO_TERMINAL],
  ['numberofpasswordprompts', NO_TERMINAL],
  ['visualhostkey', NO_TERMINAL],
  ['connectionattempts', 'drover connects again by itself where that is safe'],
  ['tcpkeepalive', 'drover asks for signs of life itself'],
  ['ipqos', 'it marks packets only'],
  ['hashknownhosts', 'known_hosts is read either way'],
  ['updatehostkeys', 'drover learns no keys behind your back'],
  ['addkeystoagent', 'drover gives no keys away'],
  ['escapechar', 'there is no terminal'],
  ['passwordauthentication', WHERE_GIVEN],
  ['kbdinteractiveauthentication', WHERE_GIVEN],
  ['challengeresponseauthentication', WHERE_GIVEN],
]);

const NO: readonly string[] = ['no', 'false'];
const YES: readonly string[] = ['yes', 'true'];

/** Values that say what drover does in any case. */
const AS_ANYWAY: ReadonlyMap<string, readonly string[]> = new Map([
  ['forwardagent', NO],
  ['forwardx11', NO],
  ['forwardx11trusted', NO],
  ['gssapiauthentication', NO],
  ['gssapidelegatecredentials', NO],
  ['hostbasedauthentication', NO],
  ['requesttty', NO],
  ['checkhostip', NO],
  ['canonicalizehostname', NO],
  ['verifyhostkeydns', NO],
  ['permitlocalcommand', NO],
  ['pubkeyauthentication', YES],
  ['addressfamily', ['any']],
  [
    'preferredauthentications',
    ['publickey', 'publickey,password', 'publickey,keyboard-interactive', 'publickey,keyboard-interactive,password'],
  ],
]);

const OWN_CHOICE = 'drover chooses among those that the host offers';
const NO_FORWARDING = 'drover forwards nothing';

const BY_OPENSSH = 'drover_transport: openssh follows it';

/** Keywords that would have drover do what it does not do, each with why, and what to do. */
const REFUSED: ReadonlyMap<string, readonly [reason: string, hint?: string]> = new Map([
  ['forwardagent', ['drover forwards no agent: root of the host could use your keys', 'reach further hosts through ProxyJump']],
  ['forwardx11', [NO_FORWARDING]],
  ['forwardx11trusted', [NO_FORWARDING]],
  ['localforward', [NO_FORWARDING]],
  ['remoteforward', [NO_FORWARDING]],
  ['dynamicforward', [NO_FORWARDING]],
  ['requesttty', ['drover works without a terminal', 'leave it out']],
  ['remotecommand', ['drover runs its own scripts', 'leave it out']],
  ['localcommand', ['drover runs no commands of yours beside a connection', 'leave it out']],
  ['permitlocalcommand', ['drover runs no commands of yours beside a connection', 'leave it out']],
  ['sendenv', ['drover runs with a fixed environment', 'leave it out']],
  ['setenv', ['drover runs with a fixed environment', 'leave it out']],
]);

/** Keywords that drover's own SSH cannot follow, each with why, and what to do. */
const OPENSSH_ONLY: ReadonlyMap<string, readonly [reason: string, hint?: string]> = new Map([
  ['addressfamily', ['drover takes addresses in the order of the resolver', 'set ansible_host to an address']],
  ['bindaddress', ['drover lets the system choose the address to come from', BY_OPENSSH]],
  ['bindinterface', ['drover lets the system choose the address to come from', BY_OPENSSH]],
  ['canonicalizehostname', ['drover takes names as they are', 'set ansible_host to the full name']],
  ['preferredauthentications', ['drover tries the agent, key files, then a password', 'name the key in ansible_ssh_private_key_file']],
  ['pubkeyauthentication', ['drover tries keys before passwords', 'set IdentityFile=none and IdentityAgent=none to offer no key']],
  ['gssapiauthentication', ['drover cannot log in by GSSAPI', BY_OPENSSH]],
  ['gssapidelegatecredentials', ['drover cannot log in by GSSAPI', BY_OPENSSH]],
  ['certificatefile', ['drover cannot log in with a certificate', BY_OPENSSH]],
  ['pkcs11provider', ['drover reads no smart cards', `add the key to the agent: ssh-add -s; or ${BY_OPENSSH}`]],
  ['securitykeyprovider', ['drover cannot use FIDO keys', BY_OPENSSH]],
  ['pubkeyacceptedalgorithms', [OWN_CHOICE, BY_OPENSSH]],
  ['pubkeyacceptedkeytypes', [OWN_CHOICE, BY_OPENSSH]],
  ['verifyhostkeydns', ['drover looks for host keys in known_hosts only', BY_OPENSSH]],
  ['proxyusefdpass', ['drover talks to ProxyCommand through its input and output', BY_OPENSSH]],
]);
