import ssh2, { type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';

/** Longest wait for an agent's list of keys. */
const LIST_MS = 5_000;

/** The keys of an agent, or the reason why there are none. */
export interface AgentKeys {
  readonly socket: string;
  readonly keys: readonly ParsedKey[];
  readonly problem: string | null;
}

/** Asks an agent for its keys. Never rejects; an agent that does not answer within 5 s has a problem. */
export function listAgentKeys(socket: string): Promise<AgentKeys> {
  return new Promise((resolve) => {
    const failed = (problem: string): void => resolve({ socket, keys: [], problem });
    const timer = setTimeout(() => failed(`no answer within ${LIST_MS} ms`), LIST_MS);
    new ssh2.OpenSSHAgent(socket).getIdentities((error, keys) => {
      clearTimeout(timer);
      if (error) return failed(error.message);
      resolve({ socket, keys: (keys ?? []).filter(isParsed), problem: null });
    });
  });
}

/** An agent that shows only some of its keys: servers cut off who offers too many (sshd_config(5), MaxAuthTries). */
export class NarrowAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: InstanceType<typeof ssh2.OpenSSHAgent>;
  readonly #keys: readonly ParsedKey[];

  constructor(socket: string, keys: readonly ParsedKey[]) {
    super();
    this.#agent = new ssh2.OpenSSHAgent(socket);
    this.#keys = keys;
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(null, [...this.#keys]);
  }

  override sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, callback?: SignCallback): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, callback);
  }
}

function isParsed(key: unknown): key is ParsedKey {
  return typeof key === 'object' && key !== null && 'getPublicSSH' in key;
}
