import { access } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';
import { type AgentKeys, listAgentKeys } from './agent.ts';
import { fingerprint } from './host-key.ts';
import { type KeyFile, loadKeyFile } from './key-file.ts';
import type { Passphrases } from './passphrases.ts';
import type { SshStop } from './stop.ts';

/** sshd cuts off after six refused attempts (sshd_config(5), MaxAuthTries). */
export const MAX_ATTEMPTS = 6;

/** A key to log in with. */
export interface OfferedKey {
  readonly name: string;
  /** Of keys of an agent and of locked ones the public half. */
  readonly key: ParsedKey;
  /** `locked`: only to see whether the server would take it. */
  readonly from: 'agent' | 'file' | 'locked';
}

/** What a client offers to log in, in order, and what the operator should know if it does not do. */
export interface Offer {
  readonly keys: readonly OfferedKey[];
  /** Key files whose passphrase may be asked for, in order. */
  readonly locked: readonly KeyFile[];
  /** Keys that are not offered, with the reason. */
  readonly unused: readonly string[];
}

/** The keys of a run: each file and each agent's list is read once. */
export class Keyring {
  readonly #passphrases: Passphrases;
  readonly #files = new Map<string, Promise<KeyFile>>();
  readonly #agents = new Map<string, Promise<AgentKeys>>();
  readonly #certificates = new Map<string, Promise<readonly string[]>>();

  constructor(passphrases: Passphrases) {
    this.#passphrases = passphrases;
  }

  /**
   * The agent's keys, those first that the key files name, then the key files that the agent does not hold.
   * @param spare Attempts that are kept for what comes after keys.
   */
  async offer({ keys: { agentSocket, files: paths, areNamed, only } }: SshStop, spare: number): Promise<Offer> {
    const [agent, read, certificates] = await Promise.all([
      agentSocket === null ? null : once(this.#agents, agentSocket, listAgentKeys),
      Promise.all(paths.map((file) => once(this.#files, file, loadKeyFile))),
      Promise.all(paths.map((file) => once(this.#certificates, file, certificateBeside))),
    ]);
    const held = new Set((agent?.keys ?? []).map(publicKeyOf));
    const isHeld = ({ publicKey }: KeyFile): boolean => publicKey !== null && held.has(publicKey.toString('base64'));
    const files = read.map((file) => this.#passphrases.known(file));
    const own = files.filter((file) => !isHeld(file));
    const { offered, dropped } = share(sortAgentKeys(agent?.keys ?? [], files, only), own.flatMap(offeredFile), MAX_ATTEMPTS - spare);
    return {
      keys: offered,
      locked: own.filter(({ locked }) => locked !== null),
      unused: [
        ...problemsOf(agent, own, areNamed),
        ...certificates.flat(),
        ...dropped.map(({ name }) => `${name}: one key too many for the server`),
      ],
    };
  }

  /** Asks for the passphrase of a locked key file, once in a run. */
  open(file: KeyFile): Promise<KeyFile> {
    return this.#passphrases.open(file);
  }
}

/** The key of a file, as far as it can be shown to a server. */
export function offeredFile({ file, key, publicKey, locked }: KeyFile): readonly OfferedKey[] {
  if (key !== null) return [{ name: file, key, from: 'file' }];
  if (locked === null || publicKey === null) return [];
  const shown: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(publicKey);
  return shown instanceof Error || Array.isArray(shown) ? [] : [{ name: file, key: shown, from: 'locked' }];
}

/** ssh(1) also shows the certificate that lies beside a key; ssh2 cannot. */
async function certificateBeside(file: string): Promise<readonly string[]> {
  const certificate = `${file}-cert.pub`;
  const isThere = await access(certificate).then(
    () => true,
    () => false,
  );
  return isThere ? [`${certificate}: log in with --transport openssh (drover_transport: openssh)`] : [];
}

/** Of files that nobody named it is no problem that they are missing. */
function problemsOf(agent: AgentKeys | null, files: readonly KeyFile[], areNamed: boolean): readonly string[] {
  const bad = files.filter(({ problem, missing, locked }) => problem !== null && locked === null && (areNamed || !missing));
  const words = bad.map(({ file, problem }) => `${file}: ${problem}`);
  return agent === null || agent.problem === null ? words : [`agent ${agent.socket}: ${agent.problem}`, ...words];
}

function sortAgentKeys(keys: readonly ParsedKey[], files: readonly KeyFile[], onlyNamed: boolean): readonly OfferedKey[] {
  const named = new Set(files.map(({ publicKey }) => publicKey?.toString('base64')));
  const isNamed = (key: ParsedKey): boolean => named.has(publicKeyOf(key));
  const others = onlyNamed ? [] : keys.filter((key) => !isNamed(key));
  return [...keys.filter(isNamed), ...others].map((key) => ({ name: agentKeyName(key), key, from: 'agent' }));
}

/** Where there are too many keys, files and the agent get at least half of the attempts each. */
function share(
  agentKeys: readonly OfferedKey[],
  fileKeys: readonly OfferedKey[],
  attempts: number,
): { readonly offered: readonly OfferedKey[]; readonly dropped: readonly OfferedKey[] } {
  const files = Math.min(fileKeys.length, Math.max(attempts - agentKeys.length, Math.floor(attempts / 2)));
  const agents = attempts - files;
  return {
    offered: [...agentKeys.slice(0, agents), ...fileKeys.slice(0, files)],
    dropped: [...agentKeys.slice(agents), ...fileKeys.slice(files)],
  };
}

function publicKeyOf(key: ParsedKey): string {
  return key.getPublicSSH().toString('base64');
}

function agentKeyName(key: ParsedKey): string {
  return `agent key ${fingerprint(key.getPublicSSH())}${key.comment ? ` (${key.comment})` : ''}`;
}

function once<T>(cache: Map<string, Promise<T>>, name: string, load: (name: string) => Promise<T>): Promise<T> {
  const loaded = cache.get(name) ?? load(name);
  cache.set(name, loaded);
  return loaded;
}
