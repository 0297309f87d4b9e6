import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import { type AgentKeys, listAgentKeys, NarrowAgent } from './agent.ts';
import { fingerprint } from './host-key.ts';
import { type KeyFile, loadKeyFile } from './key-file.ts';
import type { SshStop } from './stop.ts';

/** sshd cuts off after six refused keys (sshd_config(5), MaxAuthTries). */
const MAX_OFFERS = 6;

/** What a client offers to log in, in order, and what the operator should know if it does not do. */
export interface Offer {
  readonly methods: readonly AnyAuthMethod[];
  /** Names of the keys, in the order they are offered. */
  readonly tried: readonly string[];
  /** Keys that are not offered, with the reason. */
  readonly unused: readonly string[];
}

/** The keys of a run: each file and each agent's list is read once. */
export class Keyring {
  readonly #files = new Map<string, Promise<KeyFile>>();
  readonly #agents = new Map<string, Promise<AgentKeys>>();

  /** The agent's keys, those first that the key files name, then the key files that the agent does not hold. */
  async offer(stop: SshStop): Promise<Offer> {
    const { agentSocket, files: paths, areNamed, only } = stop.keys;
    const [agent, files] = await Promise.all([
      agentSocket === null ? null : once(this.#agents, agentSocket, listAgentKeys),
      Promise.all(paths.map((file) => once(this.#files, file, loadKeyFile))),
    ]);
    const choice = choose(agent?.keys ?? [], files, only);
    return {
      methods: methods(stop, choice),
      tried: [...choice.agentKeys.map(agentKeyName), ...choice.fileKeys.map(({ file }) => file)],
      unused: [...problemsOf(agent, files, areNamed), ...choice.dropped.map((name) => `${name}: one key too many for the server`)],
    };
  }
}

/** Of files that nobody named it is no problem that they are missing. */
function problemsOf(agent: AgentKeys | null, files: readonly KeyFile[], areNamed: boolean): readonly string[] {
  const bad = files.filter(({ problem, missing }) => problem !== null && (areNamed || !missing));
  const words = bad.map(({ file, problem }) => `${file}: ${problem}`);
  return agent === null || agent.problem === null ? words : [`agent ${agent.socket}: ${agent.problem}`, ...words];
}

type UsableKeyFile = KeyFile & { readonly key: ParsedKey };

interface Choice {
  readonly agentKeys: readonly ParsedKey[];
  readonly fileKeys: readonly UsableKeyFile[];
  readonly dropped: readonly string[];
}

function choose(agentKeys: readonly ParsedKey[], files: readonly KeyFile[], onlyNamed: boolean): Choice {
  const named = new Set(files.map(({ publicKey }) => publicKey?.toString('base64')));
  const held = new Set(agentKeys.map(publicKeyOf));
  const fileKeys = files.filter(isUsable).filter(({ key }) => !held.has(publicKeyOf(key)));
  const isNamed = (key: ParsedKey): boolean => named.has(publicKeyOf(key));
  const others = onlyNamed ? [] : agentKeys.filter((key) => !isNamed(key));
  const sorted = [...agentKeys.filter(isNamed), ...others];
  const fileShare = Math.min(fileKeys.length, Math.max(MAX_OFFERS - sorted.length, MAX_OFFERS / 2));
  const agentShare = MAX_OFFERS - fileShare;
  return {
    agentKeys: sorted.slice(0, agentShare),
    fileKeys: fileKeys.slice(0, fileShare),
    dropped: [...sorted.slice(agentShare).map(agentKeyName), ...fileKeys.slice(fileShare).map(({ file }) => file)],
  };
}

function methods({ user: username, keys: { agentSocket } }: SshStop, { agentKeys, fileKeys }: Choice): readonly AnyAuthMethod[] {
  const byFile = fileKeys.map(({ key }) => ({ type: 'publickey', username, key }) as const);
  if (agentSocket === null || agentKeys.length === 0) return byFile;
  return [{ type: 'agent', username, agent: new NarrowAgent(agentSocket, agentKeys) }, ...byFile];
}

function isUsable(file: KeyFile): file is UsableKeyFile {
  return file.key !== null;
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
