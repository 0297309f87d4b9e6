import type { Questions } from '../../model/questions.ts';
import { TransportError } from '../../model/transport.ts';
import { type AttemptHands, Authentication } from './authentication.ts';
import type { KeyFile } from './key-file.ts';
import { type Keyring, type Offer, offeredFile } from './keyring.ts';
import { LoginPassword } from './prompts.ts';
import type { SshStop } from './stop.ts';

/** What logins are prepared with. */
export interface LoginDesk {
  readonly keyring: Keyring;
  /** Whether a password would go to this server: those on the way get none. */
  readonly isLast: boolean;
  /** Somebody who can answer what servers ask; null: nobody. */
  readonly questions: Questions | null;
}

/** A login to one server, which may take two connections: the second with keys whose passphrases are asked for only where the first was in vain. */
export class Login {
  readonly #stop: SshStop;
  readonly #desk: LoginDesk;
  readonly #password: LoginPassword;
  #offer: Offer;
  #tried: readonly string[] = [];
  #authentication: Authentication | null = null;
  #denial: TransportError | null = null;

  private constructor(stop: SshStop, desk: LoginDesk, { offer, password }: { offer: Offer; password: LoginPassword }) {
    this.#stop = stop;
    this.#desk = desk;
    this.#offer = offer;
    this.#password = password;
  }

  /** Asks for passphrases where nothing else can be tried. Rejects with TransportError where there is nothing to log in with. */
  static async prepare(stop: SshStop, desk: LoginDesk): Promise<Login> {
    const password = new LoginPassword(stop.password);
    const spare = password.isKnown || desk.questions !== null ? 1 : 0;
    let offer = await desk.keyring.offer(stop, spare);
    if (!password.isKnown && isAllLocked(offer)) {
      for (const file of offer.locked) await desk.keyring.open(file);
      offer = await desk.keyring.offer(stop, spare);
    }
    if (offer.keys.length === 0 && !password.isKnown) {
      const advice = desk.isLast ? 'name a key file, start an agent, or give a password: -k' : 'name a key file or start an agent';
      const hint = [advice, ...notUsed(offer.unused)].join('; ');
      throw new TransportError('authenticate', 'there is no key to log in with', { hint });
    }
    return new Login(stop, desk, { offer, password });
  }

  /** Begins with one connection. */
  begin(hands: AttemptHands): Authentication {
    const { keys } = this.#offer;
    this.#tried = [...this.#tried, ...(this.#authentication?.tried ?? [])];
    this.#authentication = new Authentication(this.#stop, { keys, password: this.#password, questions: this.#desk.questions }, hands);
    return this.#authentication;
  }

  /** Explains that the server took none of it. */
  denied(cause: Error): TransportError {
    const { user, address } = this.#stop;
    const { passed = [], left = null } = this.#authentication ?? {};
    const isPlain = cause.message === 'All configured authentication methods failed';
    const wish = passed.length === 0 || left === null ? '' : `: it took ${passed.join(' and ')}, and wants ${left.join(' or ')} too`;
    const message = `${address} does not let ${user} log in${wish}${isPlain ? '' : `: ${cause.message}`}`;
    const hint = this.#hint();
    this.#denial = new TransportError('authenticate', message, { ...(hint !== '' && { hint }), cause });
    return this.#denial;
  }

  /**
   * After a failure, opens locked keys that the server may take, for another connection with them alone. Rejects with the failure, as it is to be
   * explained then, where another connection is of no use.
   */
  async unlock(failure: unknown): Promise<void> {
    const { passed = [], left = null, wanted = [] } = this.#authentication ?? {};
    const { keys, locked, unused } = this.#offer;
    const isHopeless = passed.length > 0 || (left !== null && !left.includes('publickey'));
    if (!(failure instanceof TransportError) || failure !== this.#denial || isHopeless || locked.length === 0) throw failure;
    const unclear = locked.filter(({ file }) => !keys.some(({ name }) => name === file));
    const opened = await this.#open(
      locked.filter(({ file }) => wanted.includes(file)),
      unclear,
    );
    const closed = opened.flatMap(({ file, problem }) => (problem === null ? [] : [`${file}: ${problem}`]));
    this.#offer = { keys: opened.flatMap(offeredFile), locked: [], unused: [...unused, ...closed] };
    if (this.#offer.keys.length === 0) throw this.denied(failure.cause instanceof Error ? failure.cause : failure);
  }

  /** Of those that the server said it would take the first that opens does; else it has to be tried. */
  async #open(welcome: readonly KeyFile[], unclear: readonly KeyFile[]): Promise<readonly KeyFile[]> {
    const opened: KeyFile[] = [];
    for (const file of welcome) {
      opened.push(await this.#desk.keyring.open(file));
      if (opened.at(-1)?.key) return opened;
    }
    for (const file of unclear) opened.push(await this.#desk.keyring.open(file));
    return opened;
  }

  #hint(): string {
    const tried = [...this.#tried, ...(this.#authentication?.tried ?? [])];
    return [...(tried.length > 0 ? [`tried ${tried.join(', ')}`] : []), ...this.#passwordHint(), ...notUsed(this.#unused())].join('; ');
  }

  #passwordHint(): readonly string[] {
    const left = this.#authentication?.left ?? [];
    const takesOne = left.includes('password') || left.includes('keyboard-interactive');
    if (!takesOne || this.#password.isKnown) return [];
    return this.#desk.isLast
      ? ['the server takes a password: -k, or the host var drover_password']
      : ['the server takes a password, and drover has none for machines on the way'];
  }

  #unused(): readonly string[] {
    const { left = null, passed = [] } = this.#authentication ?? {};
    const takesKeys = left === null || left.includes('publickey') || passed.length > 0;
    const keys = takesKeys || this.#offer.keys.length === 0 ? [] : ['keys: the server takes none'];
    const password = left !== null && this.#password.isLeft ? [`password: the server takes ${left.join(', ') || 'nothing'} only`] : [];
    return [...keys, ...this.#offer.unused, ...password];
  }
}

/** Of several locked keys with known public halves the server first says which it would take. */
function isAllLocked({ keys, locked }: Offer): boolean {
  return locked.length > 0 && keys.every(({ from }) => from === 'locked') && (keys.length === 0 || locked.length === 1);
}

function notUsed(reasons: readonly string[]): readonly string[] {
  return reasons.length === 0 ? [] : [`not used: ${reasons.join('; ')}`];
}
