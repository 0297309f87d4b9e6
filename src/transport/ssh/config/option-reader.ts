import { diagnose } from '../../../errors/diagnose.ts';
import type { Diagnostic } from '../../../model/diagnostic.ts';
import type { ResolvedSshOptions } from '../../../model/resolved-ssh-options.ts';
import type { SshHop } from '../../../model/ssh-options.ts';
import { type AlgorithmOption, CHOICES } from '../algorithms.ts';
import { BY_OPENSSH } from '../key-file-class.ts';
import { resolveAlgorithms } from './algorithm-list.ts';
import type { Collector, Request } from './collect.ts';
import { type ConfigLine, problemAt } from './directive.ts';
import { ExpansionError, expandPath, expandTilde, expandTokens, type Tokens } from './expand.ts';
import { resolveHostKeyAlgorithms, unknownAlgorithm } from './host-key-algorithms.ts';
import { restOf } from './parse-config.ts';
import { parseCount, parseFlag, parsePort, parseStrictness, parseTime } from './parse-value.ts';
import { parseProxyJump } from './proxy-jump.ts';
import type { ConfigWord } from './words.ts';

/** A value as written, and its place; no place for given options. */
interface Written {
  readonly text: string;
  readonly at: { readonly line: ConfigLine; readonly word: ConfigWord } | null;
}

/** Turns the lines that apply to a host, and what was given, into typed options. */
export class OptionReader {
  readonly problems: Diagnostic[] = [];
  readonly #lines: Collector;
  readonly #request: Request;
  readonly #tokens: Tokens;

  constructor(lines: Collector, request: Request, tokens: Tokens) {
    this.#lines = lines;
    this.#request = request;
    this.#tokens = tokens;
  }

  /** All options but the host's name. */
  read(): Omit<ResolvedSshOptions, 'hostName'> {
    const { given } = this.#request;
    return {
      port: given.port ?? this.#first('port', parsePort),
      user: given.user ?? this.#first('user', asWritten),
      ...this.#readProxy(),
      ...this.#readKeys(),
      ...this.#readHostKeys(),
      kexAlgorithms: this.#protection('KexAlgorithms', given.kexAlgorithms),
      ciphers: this.#protection('Ciphers', given.ciphers),
      macs: this.#protection('MACs', given.macs),
      connectTimeoutSec: given.connectTimeoutSec ?? this.#first('connecttimeout', parseTime),
      serverAliveIntervalSec: given.serverAliveIntervalSec ?? this.#first('serveraliveinterval', parseTime),
      serverAliveCountMax: given.serverAliveCountMax ?? this.#first('serveralivecountmax', parseCount),
      addressFamily: this.#first('addressfamily', parseFamily) || undefined,
      bindAddress: this.#first('bindaddress', asWritten),
    };
  }

  #readKeys(): Pick<ResolvedSshOptions, 'identityFiles' | 'certificateFiles' | 'identitiesOnly' | 'identityAgent'> {
    const { given } = this.#request;
    const identities = [...(given.identityFiles ?? []).map(byGiver), ...this.#written('identityfile')];
    const asked = identities.length > 0 || given.identityFiles !== undefined;
    const certificates = this.#written('certificatefile');
    return {
      identityFiles: asked ? this.#paths('IdentityFile', identities) : undefined,
      certificateFiles: certificates.length > 0 ? this.#paths('CertificateFile', certificates) : undefined,
      identitiesOnly: given.identitiesOnly ?? this.#first('identitiesonly', parseFlag),
      identityAgent: this.#agent(),
    };
  }

  #readHostKeys(): Omit<ResolvedSshOptions, 'hostName'> {
    const { given, machine } = this.#request;
    const algorithms = given.hostKeyAlgorithms ?? this.#first('hostkeyalgorithms', asWritten);
    const userFiles = given.userKnownHostsFiles?.map(byGiver) ?? this.#firstLine('userknownhostsfile');
    // OpenSSH expands only `~` in these.
    const globalFiles = given.globalKnownHostsFiles?.map(byGiver) ?? this.#firstLine('globalknownhostsfile');
    return {
      userKnownHostsFiles: userFiles && this.#paths('UserKnownHostsFile', userFiles),
      globalKnownHostsFiles: globalFiles?.filter(isNotNone).map(({ text }) => expandTilde(text, machine) ?? text),
      strictHostKeyChecking: given.strictHostKeyChecking ?? this.#first('stricthostkeychecking', parseStrictness),
      hostKeyAlias: (given.hostKeyAlias ?? this.#first('hostkeyalias', asWritten))?.toLowerCase(),
      hostKeyAlgorithms: algorithms === undefined ? undefined : this.#algorithms(algorithms),
      hashKnownHosts: this.#first('hashknownhosts', parseFlag),
    };
  }

  #algorithms(text: string): readonly string[] {
    const unknown = unknownAlgorithm(text);
    if (unknown !== null) this.problems.push(diagnose('ssh-config', `HostKeyAlgorithms: there is no host key algorithm "${unknown}"`));
    return resolveHostKeyAlgorithms(text);
  }

  #protection(option: AlgorithmOption, given: string | undefined): readonly string[] | undefined {
    const line = given === undefined ? this.#lines.all(option.toLowerCase())[0] : undefined;
    const word = line?.words[0];
    const text = given ?? word?.text;
    if (text === undefined) return undefined;
    const found = resolveAlgorithms(text, CHOICES[option]);
    if (found.length > 0) return found;
    const what = { code: 'unsupported', message: `${option}: drover's own SSH knows nothing of "${text}"`, hint: BY_OPENSSH } as const;
    const isPlaced = line !== undefined && word !== undefined;
    this.problems.push(isPlaced ? problemAt(line, word, what) : diagnose(what.code, what.message, { hint: what.hint }));
    return undefined;
  }

  #readProxy(): Pick<ResolvedSshOptions, 'proxyJump' | 'proxyCommand'> {
    const { given } = this.#request;
    const tokens = pick(this.#tokens, ['h', 'n', 'p', 'r']);
    const jump = this.#lines.all('proxyjump')[0];
    const hops = given.proxyJump ?? (jump === undefined ? undefined : (parseProxyJump(restOf(jump).text) ?? undefined));
    const at = given.proxyJump === undefined && jump !== undefined ? { line: jump, word: restOf(jump) } : null;
    return {
      proxyJump: hops?.map((hop) => this.#expand('ProxyJump', at, () => expandHop(hop, tokens)) ?? hop),
      proxyCommand: this.#command(tokens),
    };
  }

  #command(tokens: Tokens): string | null | undefined {
    const { proxyCommand } = this.#request.given;
    if (proxyCommand === null) return null;
    const line = this.#lines.all('proxycommand')[0];
    const written = proxyCommand ?? (line === undefined ? undefined : restOf(line).text);
    if (written === undefined) return undefined;
    if (written.toLowerCase() === 'none') return null;
    const at = proxyCommand === undefined && line !== undefined ? { line, word: restOf(line) } : null;
    return this.#expand('ProxyCommand', at, () => expandTokens(written, tokens)) ?? written;
  }

  #agent(): string | null | undefined {
    const { given, machine } = this.#request;
    if (given.identityAgent === null) return null;
    const written = given.identityAgent === undefined ? this.#firstLine('identityagent')?.[0] : byGiver(given.identityAgent);
    if (written === undefined) return undefined;
    const { text, at } = written;
    if (text.toLowerCase() === 'none') return null;
    if (text === 'SSH_AUTH_SOCK') return machine.env(text) ?? null;
    if (/^\$[^{]/.test(text)) return machine.env(text.slice(1)) ?? null;
    return this.#expand('IdentityAgent', at, () => expandPath(text, this.#tokens, machine));
  }

  #paths(keyword: string, written: readonly Written[]): readonly string[] {
    const unique = written.filter(({ text }, index) => written.findIndex((each) => each.text === text) === index);
    const expand = ({ text, at }: Written): string | undefined =>
      this.#expand(keyword, at, () => expandPath(text, this.#tokens, this.#request.machine));
    return unique
      .filter(isNotNone)
      .map(expand)
      .filter((path) => path !== undefined);
  }

  /** Undefined, and a problem, where a token or the like stands for nothing. */
  #expand<T>(keyword: string, at: Written['at'], expand: () => T): T | undefined {
    try {
      return expand();
    } catch (error) {
      if (!(error instanceof ExpansionError)) throw error;
      const message = `${keyword}: ${error.message}`;
      this.problems.push(at === null ? diagnose('ssh-config', message) : problemAt(at.line, at.word, { message }));
      return undefined;
    }
  }

  /** The first value that says something: `ConnectTimeout none` says nothing. */
  #first<T>(keyword: string, parse: (text: string) => T | null): T | undefined {
    for (const { words } of this.#lines.all(keyword)) {
      const value = parse(words[0]?.text ?? '');
      if (value !== null) return value;
    }
    return undefined;
  }

  #firstLine(keyword: string): readonly Written[] | undefined {
    const line = this.#lines.all(keyword)[0];
    return line?.words.map((word) => ({ text: word.text, at: { line, word } }));
  }

  #written(keyword: string): readonly Written[] {
    return this.#lines.all(keyword).flatMap((line) => line.words.map((word) => ({ text: word.text, at: { line, word } })));
  }
}

function expandHop(hop: SshHop, tokens: Tokens): SshHop {
  const host = expandTokens(hop.host, tokens);
  return hop.user === undefined ? { ...hop, host } : { ...hop, host, user: expandTokens(hop.user, tokens) };
}

function byGiver(text: string): Written {
  return { text, at: null };
}

function asWritten(text: string): string {
  return text;
}

function isNotNone({ text }: Written): boolean {
  return text.toLowerCase() !== 'none';
}

/** 0 is any. */
function parseFamily(text: string): 0 | 4 | 6 {
  const name = text.toLowerCase();
  return name === 'inet' ? 4 : name === 'inet6' ? 6 : 0;
}

function pick(tokens: Tokens, letters: readonly string[]): Tokens {
  return Object.fromEntries(letters.map((letter) => [letter, tokens[letter] ?? '']));
}
