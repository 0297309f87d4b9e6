import ssh2, { type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';
import { BY_OPENSSH } from './key-file-class.ts';

/** Longest wait for an agent's list of keys. */
const LIST_MS = 5_000;

const NO_KEY = `it shows no key of a type that drover knows; if one is of a FIDO authenticator or a certificate, ${BY_OPENSSH}`;

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
    const listed: IdentityCallback = (error, keys) => {
      clearTimeout(timer);
      if (error) return failed(error.message);
      const usable = (keys ?? []).filter(isParsed);
      // ssh2 leaves out keys of types that it does not know.
      resolve({ socket, keys: usable, problem: usable.length > 0 ? null : NO_KEY });
    };
    try {
      new ssh2.OpenSSHAgent(socket).getIdentities(listed);
    } catch (error) {
      // Of a path that no socket can have.
      listed(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/**
 * One key of which the server is shown the public half, for ssh2 an agent that holds nothing else. ssh2 does not tell an authentication handler what
 * the server answered to an agent's keys; this remembers how far it came.
 */
export class ShownKey extends ssh2.BaseAgent<ParsedKey> {
  readonly #key: ParsedKey;
  readonly #agent: InstanceType<typeof ssh2.OpenSSHAgent> | null;
  #state: 'shown' | 'wanted' | 'signed' = 'shown';

  /** @param socket The agent's that signs; null where the private half is not open. */
  constructor(key: ParsedKey, socket: string | null) {
    super();
    this.#key = key;
    this.#agent = socket === null ? null : new ssh2.OpenSSHAgent(socket);
  }

  /** `wanted`: the server would take it, but it was not signed; `signed`: the server has a signature. */
  get state(): 'shown' | 'wanted' | 'signed' {
    return this.#state;
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(null, [this.#key]);
  }

  override sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, callback?: SignCallback): void {
    const [settings, answer] = typeof options === 'function' ? [{}, options] : [options, callback];
    this.#state = 'wanted';
    if (this.#agent === null) {
      answer?.(new Error('the key is locked'));
      return;
    }
    this.#agent.sign(key, data, settings, (error, signature) => {
      if (!error) this.#state = 'signed';
      answer?.(error, signature);
    });
  }
}

function isParsed(key: unknown): key is ParsedKey {
  return typeof key === 'object' && key !== null && 'getPublicSSH' in key;
}
