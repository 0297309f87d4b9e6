import type { Become } from '../../model/host.ts';
import type { Secret } from '../../model/secret.ts';
import { TransportError } from '../../model/transport.ts';
import type { Boot } from '../boot.ts';
import type { ProcessEnd } from '../shell-process.ts';
import { PROGRAMS } from './program.ts';

/** What came on both outputs before the script began. */
export interface Heads {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** How a privilege program was started. */
export interface Petition {
  readonly become: Become;
  readonly boot: Boot;
  /** Given when the program asks, once. null: none is known. */
  readonly password: Secret | null;
  readonly onTerminal: boolean;
}

/** A privilege program did nothing because its session has no terminal. */
export class TerminalNeeded extends TransportError {}

// Words of the POSIX locale, which the programs are started in.
const ASKS = /(?:password|passphrase)[^\r\n]*: ?$/i;
const NO_TERMINAL =
  /must have a tty|a terminal is required|no tty present|must be run from a terminal|standard in must be a tty|a tty is required/i;
const WANTS = /a password is required|authentication required/i;
const REFUSES = /incorrect password|authentication fail|sorry, try again|\bsu: sorry\b/i;
const EXPIRED = /^.*(?:password expired|password has expired|change your password).*$/im;

/** Listens to a privilege program until the script begins: its question is answered once, its refusal put into words. */
export class Asking {
  readonly #petition: Petition;
  readonly #heard = { stdout: 0, stderr: 0 };
  #isAnswered = false;

  constructor(petition: Petition) {
    this.#petition = petition;
  }

  /** What is to be done about what has come: the password to be sent, the reason to give up, or null. */
  heed(heads: Heads): Secret | TransportError | null {
    return this.#heed('stdout', heads) ?? this.#heed('stderr', heads);
  }

  #heed(stream: keyof Heads, heads: Heads): Secret | TransportError | null {
    const { become, boot, password } = this.#petition;
    const words = wordsOf(heads[stream], boot);
    // Whatever stands before that is a login's greeting.
    if (words === null) return null;
    if (!asks(words, this.#heard[stream], boot.prompt)) return null;
    this.#heard[stream] = words.length;
    if (password === null) return passwordWanted(become);
    // Never sent twice: a wrong password must not lock the account.
    if (this.#isAnswered) return EXPIRED.test(words) ? passwordExpired(become, words) : passwordRefused(become);
    this.#isAnswered = true;
    return password;
  }

  /** Why the program ended without having begun the script. */
  refusal(end: ProcessEnd, heads: Heads): TransportError {
    const { become, boot, password, onTerminal } = this.#petition;
    const text = [heads.stdout, heads.stderr].map((head) => wordsOf(head, boot) ?? head.toString('utf8')).join('\n');
    const said = lastWords(text, become, boot.prompt);
    const isUnasked = PROGRAMS[become.method].asksAtTerminal && WANTS.test(text) && password !== null;
    if (!onTerminal && !this.#isAnswered && (isUnasked || NO_TERMINAL.test(text))) return terminalNeeded(become, said);
    if (this.#isAnswered && REFUSES.test(text)) return passwordRefused(become);
    if (become.method !== 'sudo' && password === null && WANTS.test(text)) return passwordWanted(become);
    const ending = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
    const hint = password === null ? `if ${become.method} wants a password: ${GIVE_IT}` : PROGRAMS[become.method].rule(become);
    return new TransportError('become', said === '' ? `${become.method} ended with ${ending}` : said, { hint });
  }
}

const GIVE_IT = '-K (--ask-become-pass), or the host var drover_become_password';

function passwordWanted({ method, user }: Become): TransportError {
  const whose = method === 'su' ? ` (that of ${user})` : '';
  return new TransportError('become', `${method} wants a password${whose}, and none is known`, { hint: `give it: ${GIVE_IT}` });
}

function passwordRefused({ method, user }: Become): TransportError {
  const whose = method === 'su' ? `; su takes the password of ${user}` : '';
  return new TransportError('become', `${method} refused the password`, { hint: `the password was sent once only${whose}` });
}

function passwordExpired({ method }: Become, words: string): TransportError {
  const [said = ''] = EXPIRED.exec(words) ?? [];
  return new TransportError('become', `${method}: ${said.trim()}`, { hint: 'change the password on the host' });
}

function terminalNeeded({ method }: Become, said: string): TransportError {
  const hint = `drover has a terminal for ${method} over SSH only: ${INSTEAD[method]}`;
  return new TerminalNeeded('become', said === '' ? `${method} wants a terminal` : said, { hint });
}

const INSTEAD = {
  sudo: 'take requiretty out of sudoers',
  doas: 'permit the user without a password (nopass in doas.conf)',
  su: 'become the user by sudo',
} as const;

/** What a privilege program itself has said: what stands behind the line that was printed right before it was started; null before that. */
function wordsOf(head: Buffer, { ready }: Boot): string | null {
  const text = head.toString('utf8');
  const at = text.lastIndexOf(ready);
  return at === -1 ? null : text.slice(at + ready.length).replace(/^\r?\n/, '');
}

/** True where the program asks in what came behind `from`: by the prompt that it was given, or in its own words. */
function asks(words: string, from: number, prompt: string): boolean {
  if (words.includes(prompt)) return words.indexOf(prompt, from) !== -1;
  return ASKS.test(words.slice(from));
}

/** Of what a refusing program said: its own lines, else the last one. */
function lastWords(text: string, { method }: Become, prompt: string): string {
  const lines = text
    .replaceAll(prompt, '\n')
    // A question that the next line stands behind.
    .replace(/^[^\r\n]*?(?:password|passphrase)[^\r\n:]*: ?(?!$)/gim, '\n')
    // What sudo was asked to run is no news.
    .replace(/'\/bin\/sh [^']*'/g, '/bin/sh')
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !ASKS.test(line));
  const own = lines.filter((line) => line.startsWith(`${method}: `));
  return own.length > 0 ? own.join('; ') : (lines.at(-1) ?? '');
}
