import { didYouMean } from '../../../errors/nearest.ts';
import type { Diagnostic } from '../../../model/diagnostic.ts';
import type { SshOptions } from '../../../model/ssh-options.ts';
import { type ConfigFile, type ConfigLine, type Directive, problemAt } from './directive.ts';
import { ExpansionError, expandTokens } from './expand.ts';
import { KEYWORDS } from './keywords.ts';
import type { LocalMachine } from './local-machine.ts';
import { decideMatch } from './match-line.ts';
import { restOf } from './parse-config.ts';
import { fitsHostList, fitsPattern } from './pattern.ts';
import { parseProxyJump } from './proxy-jump.ts';

/** Who asks, for whom. */
export interface Request {
  /** As the inventory or ProxyJump names it: what Host patterns are compared with. */
  readonly host: string;
  /** What was said nearer than in the files (`-o`, inventory vars); it wins. */
  readonly given: SshOptions;
  readonly machine: LocalMachine;
}

/** The lines that apply to one host, by keyword, in the order in which they count. */
export class Collector {
  readonly problems: Diagnostic[] = [];
  readonly #lines = new Map<string, ConfigLine[]>();
  readonly #request: Request;
  /** What Host patterns are compared with: in the second reading the name that the first one found. */
  #host: string;
  #hostName: string | null;
  #isFinal = false;

  constructor(request: Request) {
    this.#request = request;
    this.#host = request.host;
    this.#hostName = request.given.hostName ?? null;
  }

  /** All lines of a keyword that apply. */
  all(keyword: string): readonly ConfigLine[] {
    return this.#lines.get(keyword) ?? [];
  }

  /** Name or address to connect to, as far as it is known by now. Throws ExpansionError. */
  get hostName(): string {
    return this.#hostName === null ? this.#host : expandTokens(this.#hostName, { h: this.#host });
  }

  /** Reads the files, once; a second call is the second reading, for `Match final`, with the host name that the first one found. */
  read(files: readonly ConfigFile[], second: { readonly hostName: string } | null = null): void {
    if (second !== null) {
      this.#isFinal = true;
      this.#host = second.hostName;
      // Its tokens are replaced already.
      this.#hostName = second.hostName.replaceAll('%', '%%');
    }
    for (const file of files) this.#readFile(file, true);
  }

  #readFile(file: ConfigFile, isWanted: boolean): void {
    let isActive = isWanted;
    for (const directive of file.directives) isActive = this.#follow(directive, isActive, isWanted);
  }

  /** Returns whether the lines behind this one apply. */
  #follow(directive: Directive, isActive: boolean, isWanted: boolean): boolean {
    switch (directive.kind) {
      case 'host':
        return isWanted && this.#fitsHost(directive.line);
      case 'match':
        return isWanted && this.#fitsMatch(directive);
      case 'include':
        for (const file of directive.files) this.#readFile(file, isActive);
        return isActive;
      case 'unknown':
        this.#refuseUnknown(directive.line);
        return isActive;
      case 'setting':
        if (isActive) this.#take(directive);
        return isActive;
    }
  }

  #fitsHost({ words }: ConfigLine): boolean {
    const patterns = words.map(({ text }) => text);
    const isDenied = patterns.some((pattern) => pattern.startsWith('!') && fitsPattern(this.#host, pattern.slice(1)));
    return !isDenied && patterns.some((pattern) => !pattern.startsWith('!') && fitsPattern(this.#host, pattern));
  }

  #fitsMatch({ line, criteria }: Extract<Directive, { kind: 'match' }>): boolean {
    const { host, given, machine } = this.#request;
    const user = given.user ?? this.all('user')[0]?.words[0]?.text ?? machine.user;
    const subject = { host: this.#hostNameSoFar(), originalHost: host, user, localUser: machine.user, isFinal: this.#isFinal };
    const decision = decideMatch(criteria, subject);
    if (typeof decision === 'boolean') return decision;
    const message = `whether this Match applies to ${host} depends on "${decision.word.text}", which only the system's ssh can decide`;
    const hint = 'decide it by host or user, or reach the host with the transport openssh';
    this.problems.push(problemAt(line, decision.word, { code: 'unsupported', message, hint }));
    return false;
  }

  #hostNameSoFar(): string {
    try {
      return this.hostName;
    } catch (error) {
      // The line of HostName is reported where its value is needed in the end.
      if (error instanceof ExpansionError) return this.#host;
      throw error;
    }
  }

  #take({ line, keyword }: Extract<Directive, { kind: 'setting' }>): void {
    if (keyword === 'hostname') this.#hostName ??= line.words[0]?.text ?? null;
    if (keyword === 'proxyjump' && !this.#mayJump(line)) return;
    if (keyword === 'proxycommand' && this.#jumps()) return;
    const lines = this.#lines.get(keyword) ?? [];
    // The second reading meets all lines again.
    if (!lines.includes(line)) lines.push(line);
    this.#lines.set(keyword, lines);
  }

  /** ProxyJump and ProxyCommand compete: the first one counts, but `ProxyJump none` leaves room for a ProxyCommand. */
  #mayJump(line: ConfigLine): boolean {
    const { proxyCommand, proxyJump } = this.#request.given;
    const isNone = parseProxyJump(restOf(line).text)?.length === 0;
    return isNone || (proxyCommand === undefined && proxyJump === undefined && this.all('proxycommand').length === 0);
  }

  #jumps(): boolean {
    const { proxyJump } = this.#request.given;
    const first = this.all('proxyjump')[0];
    const hops = proxyJump ?? (first === undefined ? [] : parseProxyJump(restOf(first).text));
    return (hops ?? []).length > 0;
  }

  #refuseUnknown(line: ConfigLine): void {
    const keyword = line.keyword.text.toLowerCase();
    const ignored = this.all('ignoreunknown')[0]?.words[0]?.text;
    if (ignored !== undefined && fitsHostList(keyword, ignored)) return;
    const hint = didYouMean(keyword, KEYWORDS) ?? 'name it in IgnoreUnknown above it, if another program needs it';
    this.problems.push(
      problemAt(line, line.keyword, { code: 'key-unknown', message: `ssh_config has no keyword "${line.keyword.text}"`, hint }),
    );
  }
}
