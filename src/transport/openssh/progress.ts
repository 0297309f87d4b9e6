/** How far a connection has come. */
export type Stage = 'resolve' | 'connect' | 'handshake' | 'authenticate' | 'ready';

const STAGES: readonly Stage[] = ['resolve', 'connect', 'handshake', 'authenticate', 'ready'];

/**
 * Lines at LogLevel DEBUG1 by which ssh shows how far it is, as OpenSSH 9.2 has them; they decide only what a passed deadline is called, and when that for
 * authentication begins. Behind a proxy there is none for the connection itself.
 */
const MARKS: readonly (readonly [RegExp, Stage])[] = [
  [/^debug1: (?:Connecting to |Executing proxy )/, 'connect'],
  [/^debug1: (?:Connection established|Remote protocol version )/, 'handshake'],
  [/^debug1: SSH2_MSG_NEWKEYS received/, 'authenticate'],
  [/^(?:Authenticated to |debug1: Authentication succeeded)/, 'ready'],
];

/** What is kept of the words of ssh, in lines. */
const KEPT_LINES = 50;

/** Follows what a master says on standard error while it connects. */
export class Progress {
  readonly #say: (sentence: string) => void;
  readonly #words: string[] = [];
  readonly #offered: string[] = [];
  #rest = '';
  #stage: Stage = 'resolve';
  #hostKey: string | null = null;
  #version: string | null = null;
  #strange: string | null = null;
  readonly #forwards = new Forwards();

  /** @param say Is told what somebody has to do meanwhile. */
  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Type and fingerprint of the key that the host showed. */
  get hostKey(): string | null {
    return this.#hostKey;
  }

  /** What the host said instead of which SSH it speaks, `''` for nothing; null where it said that. */
  get instead(): string | null {
    return this.#version === null ? (this.#strange ?? '') : null;
  }

  /** Keys that were offered, in order: files, or comments of keys of the agent. */
  get offered(): readonly string[] {
    return [...new Set(this.#offered)];
  }

  /** What ssh said for people, the latest last. */
  get words(): readonly string[] {
    return this.#words;
  }

  /** Why the host did not connect to `ADDRESS:PORT` when it last was to; null where it did, or was not to. */
  refusal(target: string): string | null {
    return this.#forwards.refusal(target);
  }

  push(chunk: string): void {
    const lines = (this.#rest + chunk).split(/\r?\n/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
  }

  /** Takes a last line without its end. */
  end(): void {
    this.#read(this.#rest);
    this.#rest = '';
  }

  #read(line: string): void {
    this.#advance(line);
    this.#forwards.read(line);
    if (line.startsWith('debug')) this.#readDebug(line);
    else if (/^Confirm user presence /.test(line)) this.#say(line.trim());
    else if (line.trim() !== '') this.#keep(line.trim());
  }

  #advance(line: string): void {
    const next = MARKS.find(([pattern]) => pattern.test(line))?.[1];
    if (next !== undefined && STAGES.indexOf(next) > STAGES.indexOf(this.#stage)) this.#stage = next;
  }

  #readDebug(line: string): void {
    this.#hostKey ??= /^debug1: Server host key: (.+)$/.exec(line)?.[1] ?? null;
    this.#version ??= /^debug1: Remote protocol version (\S+)/.exec(line)?.[1] ?? null;
    this.#strange ??= /^debug1: \w+_exchange_identification: banner line \d+: (.+)$/.exec(line)?.[1] ?? null;
    const offered = /^debug1: Offering public key: (.+) \S+ (?:SHA256|MD5):\S+/.exec(line)?.[1];
    if (offered !== undefined) this.#offered.push(offered);
    // In batch mode ssh asks for the touch only through a window of its own (notify_start), so it is read from what comes right before.
    const accepted = /^debug1: Server accepts key: (.+ \S+-SK(?:-CERT)? \S+)/.exec(line)?.[1];
    if (accepted !== undefined) this.#say(`touch the security key to log in: ${accepted}`);
  }

  #keep(line: string): void {
    this.#words.push(line);
    if (this.#words.length > KEPT_LINES) this.#words.shift();
  }
}

/** Follows which of the connections that go on from a host came to nothing, and why: their ssh is told only that they did. */
class Forwards {
  #wanted: string | null = null;
  readonly #targets = new Map<string, string>();
  readonly #refusals = new Map<string, string>();

  refusal(target: string): string | null {
    return this.#refusals.get(target) ?? null;
  }

  read(line: string): void {
    const wanted = /^debug1: channel_connect_stdio_fwd:? (\S+)/.exec(line)?.[1];
    if (wanted !== undefined) {
      this.#wanted = wanted;
      this.#refusals.delete(wanted);
    }
    // OpenSSH before 9.2 has no word before the bracket.
    const opened = /^debug1: channel (\d+): new (?:\S+ )?\[stdio-forward\]/.exec(line)?.[1];
    if (opened !== undefined && this.#wanted !== null) this.#targets.set(opened, this.#wanted);
    const [, channel = '', why] = /^channel (\d+): open failed: (?:connect failed: )?(.+)$/.exec(line) ?? [];
    const target = this.#targets.get(channel);
    if (why !== undefined && target !== undefined) this.#refusals.set(target, why.trim());
  }
}
