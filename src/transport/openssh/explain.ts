import { TransportError, type TroublePhase } from '../../model/transport.ts';
import { commandLine } from '../../shell/quote.ts';
import { hungUp, type Negotiated, nothingInCommon } from '../negotiation.ts';
import type { Progress } from './progress.ts';
import { lastOf } from './words.ts';

/** What is known of a connection that was not made. */
export interface Failed {
  /** As ssh settled it. */
  readonly address: string;
  readonly port: string;
  readonly user: string;
  readonly progress: Progress;
  /** How ssh ended: `exit code 255`. */
  readonly ending: string;
}

type Rule = readonly [pattern: RegExp, explain: (match: RegExpExecArray, failed: Failed) => TransportError];

const NO_PASSWORDS =
  'the transport openssh logs in by keys, certificates, FIDO keys and GSSAPI, and never asks: unlock keys with ssh-add; passwords need the transport ssh';

/**
 * Words of ssh and what they mean, the most telling first: what a machine in between says stands before what ssh makes of its end.
 * They are those of OpenSSH 9.2; of what is not found here the last line is told as it is.
 */
const RULES: readonly Rule[] = [
  [/^Host key for (\S+) has changed/, ([, name = ''], failed) => changedKey(name, failed)],
  [/REVOKED HOST KEY DETECTED/, (_, failed) => revokedKey(failed)],
  [/^No \S+ host key is known for (\S+) and you have requested strict/, ([, name = ''], failed) => unknownKey(name, failed)],
  [/^Certificate invalid: (.+)$/, ([, why = ''], failed) => badCertificate(why, failed)],
  [/^Host key verification failed/, (_, failed) => new TransportError('host-key', `the host key of ${failed.address} is not accepted`)],
  [/Could not resolve hostname (\S+): (.+)$/, ([, name, why]) => unresolved(name ?? '', why ?? '')],
  [/^(?:(\S+)@)?(\S+): Permission denied(?: \((.*)\))?/, ([, user, host, methods], failed) => denied({ user, host, methods }, failed)],
  [/Too many authentication failures/, (_, failed) => denied({ why: 'it takes no more attempts' }, failed)],
  [/connect to host (\S+) port (\d+): (.+)$/, ([, host, port, why]) => unreachable(`${host} port ${port}`, why ?? '')],
  [/no matching (.+) found. Their offer: (\S*)/, ([, what, offer], failed) => disagreed(what ?? '', offer ?? '', failed)],
  [/open failed: (?:connect failed: )?(.+)$/, ([, why], failed) => notForwarded(why ?? '', failed)],
  [/timed out during banner exchange|^Timeout before authentication|^Connection to \S+ port \d+ timed out/, (_, failed) => silent(failed)],
];

/** Lines that only say that it is over. */
const EMPTY_WORDS =
  /^(?:Connection (?:closed|reset) by|kex_exchange_identification: |ssh_exchange_identification: |banner exchange: |Warning: |Transferred: |Bytes per )/;

interface Onward extends Pick<Failed, 'address' | 'port'> {
  readonly via?: string;
}

/** Why the connection was not made. */
export function explain(failed: Failed): TransportError {
  const { words, stage } = failed.progress;
  for (const [pattern, make] of RULES) {
    for (const line of words) {
      const match = pattern.exec(line);
      if (match !== null) return make(match, failed);
    }
  }
  const telling = lastOf(words.filter((line) => !EMPTY_WORDS.test(line)));
  const { instead } = failed.progress;
  if (stage === 'handshake' && telling === null && instead !== null) return hungUp(failed, instead);
  const said = telling ?? lastOf(words) ?? `ssh ended with ${failed.ending}`;
  if (stage === 'authenticate' || stage === 'ready') return denied({ why: said }, failed);
  return new TransportError(phaseOf(failed), `${failed.address} port ${failed.port}: ${said}`);
}

/** A connection that was not made in time. */
export function late(failed: Omit<Failed, 'ending'>, ms: number): TransportError {
  const { address, port, user, progress } = failed;
  const what = {
    resolve: `${address} was not resolved`,
    connect: `no answer from ${address} port ${port}`,
    handshake: `${address} port ${port} accepts connections, but no SSH handshake was done`,
    authenticate: `${user}@${address} was not authenticated`,
    ready: `${address} let ${user} log in, but ssh opened no control socket`,
  }[progress.stage];
  return new TransportError(phaseOf(failed), `${what} within ${ms} ms`, { deadline: true });
}

/** Behind a proxy nothing says that the connection is there: whoever hangs up then may have been reached. */
function phaseOf({ progress: { stage, words } }: Pick<Failed, 'progress'>): TroublePhase {
  if (stage === 'ready') return 'authenticate';
  return stage === 'connect' && words.some((line) => /^(?:\w+_exchange_identification|banner exchange): /.test(line)) ? 'handshake' : stage;
}

function unresolved(name: string, why: string): TransportError {
  return new TransportError('resolve', `cannot resolve ${name}: ${why}`, {
    hint: "check the host's name, or give its address in the inventory",
  });
}

/** Words of ssh for what is negotiated. */
const NEGOTIATED: ReadonlyMap<string, Negotiated> = new Map([
  ['key exchange method', 'KexAlgorithms'],
  ['host key type', 'HostKeyAlgorithms'],
  ['cipher', 'Ciphers'],
  ['MAC', 'MACs'],
]);

function disagreed(what: string, offer: string, failed: Failed): TransportError {
  const option = NEGOTIATED.get(what);
  if (option === undefined) return new TransportError('handshake', `${failed.address} port ${failed.port}: no ${what} in common`);
  return nothingInCommon(failed, option, { offers: offer.split(','), can: () => true, otherwise: 'the host must offer something newer' });
}

function unreachable(where: string, why: string): TransportError {
  const deadline = /timed out/.test(why);
  return new TransportError('connect', `cannot connect to ${where}: ${why}`, { deadline });
}

/** A connection that a machine on the way did not make; `via`: its name, where it is known. */
export function notForwarded(why: string, { address, port, via = 'the machine in between' }: Onward): TransportError {
  return new TransportError('connect', `cannot connect to ${address} port ${port} through ${via}: ${why}`, {
    hint: 'the machine in between must reach that address, and its sshd allow it (AllowTcpForwarding, PermitOpen)',
  });
}

function silent({ address, port }: Failed): TransportError {
  return new TransportError('handshake', `${address} port ${port} accepts connections, but no SSH handshake was done in time`, {
    deadline: true,
  });
}

interface Refusal {
  readonly user?: string | undefined;
  readonly host?: string | undefined;
  /** What the host would have taken. */
  readonly methods?: string | undefined;
  readonly why?: string;
}

function denied({ user, host, methods, why }: Refusal, failed: Failed): TransportError {
  const { offered, words } = failed.progress;
  const unused = words.filter((line) => /^(?:Load key|sign_and_send_pubkey:|Bad permissions|no such identity:)/.test(line));
  const hints = [
    offered.length > 0 ? `tried ${offered.join(', ')}` : 'no key was offered: name a key file or start an agent',
    ...(unused.length > 0 ? [`not used: ${[...new Set(unused)].join('; ')}`] : []),
    ...(methods === undefined || methods === '' ? [] : [`the host takes ${methods.split(',').join(', ')}`]),
    NO_PASSWORDS,
  ];
  const message = `${host ?? failed.address} does not let ${user ?? failed.user} log in${why === undefined ? '' : `: ${why}`}`;
  return new TransportError('authenticate', message, { hint: hints.join('; ') });
}

function unknownKey(name: string, { progress: { hostKey } }: Failed): TransportError {
  return new TransportError('host-key', `the host key of ${name} is not known${hostKey === null ? '' : `: ${hostKey}`}`, {
    hint: "compare it with `ssh-keygen -l` on the host's own console, then record it with --accept-new",
  });
}

function changedKey(name: string, { progress: { hostKey, words } }: Failed): TransportError {
  const place = words.map((line) => /^Offending (?:\S+ )?key (?:for \S+ )?in (.+):(\d+)$/.exec(line)).find((found) => found !== null);
  const [, file, line] = place ?? [];
  const old = file === undefined ? 'known_hosts has another' : `${file}:${line} has another`;
  return new TransportError('host-key', `the host key of ${name} has changed: it shows ${hostKey ?? 'one that is not known'}, ${old}`, {
    hint: `if the host was reinstalled: ${commandLine(['ssh-keygen', '-R', name, ...(file === undefined ? [] : ['-f', file])])}`,
  });
}

function revokedKey({ address, progress: { hostKey } }: Failed): TransportError {
  return new TransportError('host-key', `the host key of ${address} is revoked${hostKey === null ? '' : `: ${hostKey}`}`, {
    hint: 'do not trust this host until it has a new key',
  });
}

function badCertificate(why: string, { address }: Failed): TransportError {
  return new TransportError('host-key', `the host certificate of ${address} is not valid: ${why}`);
}
