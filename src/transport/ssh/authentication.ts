import type { AnyAuthMethod, KeyboardInteractiveAuthMethod } from 'ssh2';
import type { Questions } from '../../model/questions.ts';
import { ShownKey } from './agent.ts';
import { MAX_ATTEMPTS, type OfferedKey } from './keyring.ts';
import { type LoginPassword, PromptAnswers } from './prompts.ts';
import type { SshStop } from './stop.ts';

/** What an authentication may do to the connection that it is part of. */
export interface AttemptHands {
  /** Stops the clock while somebody is asked. */
  hold<T>(work: Promise<T>): Promise<T>;
  /** Gives the connection up. */
  fail(error: unknown): void;
}

/** What is offered on one connection. */
export interface Credentials {
  readonly keys: readonly OfferedKey[];
  readonly password: LoginPassword;
  readonly questions: Questions | null;
}

/** What a trial was that the server has not answered yet. */
type Trial =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly key: OfferedKey }
  | { readonly kind: 'shown'; readonly key: OfferedKey; readonly shown: ShownKey }
  | { readonly kind: 'password' }
  | { readonly kind: 'keyboard-interactive'; readonly hadPassword: boolean };

/** One authentication, as ssh2 asks step by step: keys, keyboard-interactive, password, as far as the server takes them (RFC 4252). */
export class Authentication {
  readonly #stop: SshStop;
  readonly #credentials: Credentials;
  readonly #hands: AttemptHands;
  #keys: readonly OfferedKey[];
  #last: Trial | null = null;
  #left: readonly string[] | null = null;
  #leftBefore: readonly string[] | null = null;
  #isUnclear = false;
  #attempts = 0;
  #wasKeyboardTried = false;
  /** What was offered in vain, by name. */
  readonly tried: string[] = [];
  /** Factors that the server took, wanting more. */
  readonly passed: string[] = [];
  /** Names of locked keys that the server would take. */
  readonly wanted: string[] = [];

  constructor(stop: SshStop, credentials: Credentials, hands: AttemptHands) {
    this.#stop = stop;
    this.#credentials = credentials;
    this.#hands = hands;
    this.#keys = credentials.keys;
  }

  /** Methods that the server still takes; null where it was never heard. */
  get left(): readonly string[] | null {
    return this.#left;
  }

  /** For ssh2: `false` where nothing is left to try. */
  readonly next = (left: readonly string[] | null, isPartial: boolean | null): AnyAuthMethod | false => {
    this.#learn(left, isPartial === true);
    this.#last = this.#choose();
    if (this.#last === null) return false;
    this.#attempts += 1;
    return this.#method(this.#last);
  };

  /** ssh2 gives old news after a key that it took for an agent's. */
  #learn(left: readonly string[] | null, isPartial: boolean): void {
    const last = this.#last;
    if (last?.kind === 'shown') this.#learnFromShown(last);
    if (last === null || last.kind === 'shown' || left === null) return;
    if (last.kind === 'none') this.#learnFromNone(left);
    else if (isPartial) this.passed.push(this.#nameOf(last));
    else if (last.kind === 'key' && !left.includes('publickey')) this.#keys = [last.key, ...this.#keys];
    else this.tried.push(this.#nameOf(last));
    this.#left = left;
  }

  #learnFromShown({ key, shown }: Trial & { readonly kind: 'shown' }): void {
    if (shown.state === 'shown') this.tried.push(key.name);
    else if (key.from === 'locked') this.wanted.push(key.name);
    else if (shown.state === 'wanted') this.tried.push(`${key.name} (the agent did not sign)`);
    else {
      // Signed, and yet no success: most likely the first of two factors.
      this.tried.push(key.name);
      this.#leftBefore = this.#left;
      this.#isUnclear = true;
    }
  }

  #learnFromNone(left: readonly string[]): void {
    const isChanged = this.#leftBefore === null ? !left.includes('publickey') : left.join() !== this.#leftBefore.join();
    if (this.#isUnclear && isChanged) this.passed.push(this.tried.pop() ?? 'a key');
    this.#isUnclear = false;
  }

  #choose(): Trial | null {
    if (this.#isUnclear || this.#wantsWordFirst()) return { kind: 'none' };
    const [key] = this.#keys;
    if (key !== undefined && this.#takes('publickey')) {
      this.#keys = this.#keys.slice(1);
      return key.from === 'file' ? { kind: 'key', key } : { kind: 'shown', key, shown: this.#show(key) };
    }
    if (this.#left === null) return this.#attempts < MAX_ATTEMPTS - 1 ? { kind: 'none' } : null;
    return this.#choosePassword();
  }

  /** The first request may be one for what the server takes, which costs a round trip; later ones count as a failure (sshd: auth2.c). */
  #wantsWordFirst(): boolean {
    const { keys, password } = this.#credentials;
    return this.#last === null && (keys.length === 0 || (password.isLeft && keys.some(({ from }) => from !== 'file')));
  }

  /** Without a password keyboard-interactive is only begun as a second factor: broken off it may count as a wrong password. */
  #choosePassword(): Trial | null {
    const { password } = this.#credentials;
    if (this.#takes('keyboard-interactive') && !this.#wasKeyboardTried && (password.isLeft || this.passed.length > 0)) {
      this.#wasKeyboardTried = true;
      return { kind: 'keyboard-interactive', hadPassword: password.isLeft };
    }
    return this.#takes('password') && password.isLeft ? { kind: 'password' } : null;
  }

  #takes(method: string): boolean {
    return this.#left === null || this.#left.includes(method);
  }

  #show({ key, from }: OfferedKey): ShownKey {
    return new ShownKey(key, from === 'agent' ? this.#stop.keys.agentSocket : null);
  }

  #method(trial: Trial): AnyAuthMethod {
    const username = this.#stop.user;
    switch (trial.kind) {
      case 'none':
        return { type: 'none', username };
      case 'key':
        return { type: 'publickey', username, key: trial.key.key };
      case 'shown':
        return { type: 'agent', username, agent: trial.shown };
      case 'password':
        return { type: 'password', username, password: this.#credentials.password.take() ?? '' };
      case 'keyboard-interactive':
        return { type: 'keyboard-interactive', username, prompt: this.#prompted() };
    }
  }

  #prompted(): KeyboardInteractiveAuthMethod['prompt'] {
    const { password, questions } = this.#credentials;
    const answers = new PromptAnswers(this.#stop, password, questions);
    return (...[, instructions, , prompts, finish]) =>
      void this.#hands.hold(answers.answer({ instructions, prompts })).then(finish, this.#hands.fail);
  }

  #nameOf(trial: Exclude<Trial, { readonly kind: 'none' }>): string {
    if (trial.kind === 'key' || trial.kind === 'shown') return trial.key.name;
    const isPassword = trial.kind === 'password' || (trial.hadPassword && !this.#credentials.password.isLeft);
    return isPassword ? 'password' : 'keyboard-interactive';
  }
}
