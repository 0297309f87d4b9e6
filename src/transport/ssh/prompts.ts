import type { Prompt } from 'ssh2';
import type { Questions } from '../../model/questions.ts';
import type { Secret } from '../../model/secret.ts';
import { TransportError } from '../../model/transport.ts';
import type { SshStop } from './stop.ts';

/** The password of one login, however many connections that takes: it is sent once, because wrong ones get accounts locked. */
export class LoginPassword {
  readonly #value: Secret | null;
  #sent = false;

  constructor(value: Secret | null) {
    this.#value = value;
  }

  get isKnown(): boolean {
    return this.#value !== null;
  }

  /** True where it is known and was not sent yet. */
  get isLeft(): boolean {
    return this.#value !== null && !this.#sent;
  }

  /** The password, to send it; null where there is none, or not any more. */
  take(): string | null {
    if (this.#value === null || this.#sent) return null;
    this.#sent = true;
    return this.#value.reveal();
  }
}

/** What a server says in one round of keyboard-interactive (RFC 4256). */
export interface PromptRound {
  readonly instructions: string;
  readonly prompts: readonly Prompt[];
}

/** Answers a server's prompts: the password once, all else is asked. Throws TransportError where nobody can answer, or a new password is wanted. */
export class PromptAnswers {
  readonly #stop: SshStop;
  readonly #password: LoginPassword;
  readonly #questions: Questions | null;

  constructor(stop: SshStop, password: LoginPassword, questions: Questions | null) {
    this.#stop = stop;
    this.#password = password;
    this.#questions = questions;
  }

  async answer({ instructions, prompts }: PromptRound): Promise<string[]> {
    if (wantsNewPassword(instructions, prompts)) throw newPasswordWanted(this.#stop);
    const answers: string[] = [];
    for (const prompt of prompts) answers.push(await this.#answer(prompt, instructions));
    return answers;
  }

  async #answer(prompt: Prompt, instructions: string): Promise<string> {
    const password = prompt.echo !== true && !isCode(prompt.prompt) ? this.#password.take() : null;
    if (password !== null) return password;
    const { user, address } = this.#stop;
    const text = oneLine(prompt.prompt);
    if (this.#questions === null) {
      const hint = 'log in with a key, or run drover where somebody can answer';
      throw new TransportError('authenticate', `${address} asks ${user} for "${text}", and nobody is here to answer`, { hint });
    }
    const said = oneLine(instructions);
    const answer = await this.#questions.askSecret(`${user}@${address} asks: ${said === '' ? '' : `${said} `}${text}`);
    if (answer === null) throw new TransportError('authenticate', `${address} asks ${user} for "${text}", and no answer was given`);
    return answer.reveal();
  }
}

/** Says that a server lets nobody in before the password was changed. */
export function newPasswordWanted({ user, address, port }: SshStop): TransportError {
  const hint = `log in by hand once: ssh -p ${port} ${user}@${address}`;
  return new TransportError('authenticate', `${address} wants ${user} to change the password first`, { hint });
}

/** PAM modules for one-time codes say so; whatever else is hidden and comes first is the password. */
function isCode(prompt: string): boolean {
  return /one-time|\botp\b|\bcode\b|passcode|verification|token/i.test(prompt);
}

/** pam_unix(8) speaks of the "current" or "new" password only where it changes one. */
function wantsNewPassword(instructions: string, prompts: readonly Prompt[]): boolean {
  const isChange = ({ prompt }: Prompt): boolean => /(new|retype|current|old)\b.*password/i.test(prompt);
  return prompts.some(isChange) || /(required|must|have|need) to change your password/i.test(instructions);
}

/** A server's words cannot act on the terminal, and are no longer than a line. */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  return (line.length > 200 ? `${line.slice(0, 200)}…` : line).replace(/ *:$/, '');
}
