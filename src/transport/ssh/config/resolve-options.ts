import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { diagnose, uniqueDiagnostics } from '../../../errors/diagnose.ts';
import type { Checked, Diagnostic } from '../../../model/diagnostic.ts';
import type { ResolvedSshOptions } from '../../../model/resolved-ssh-options.ts';
import { Collector, type Request } from './collect.ts';
import { type ConfigFile, type ConfigLine, problemAt } from './directive.ts';
import { ExpansionError, type Tokens } from './expand.ts';
import { REFUSED } from './keywords.ts';
import { OptionReader } from './option-reader.ts';
import { parsePort } from './parse-value.ts';

/**
 * What the files and the given options make of one host. A host whose lines ask for something that drover cannot do has a problem, as has one
 * for which an unknown keyword is not ignored; its value must not be used then.
 */
export function resolveOptions(files: readonly ConfigFile[], request: Request): Checked<ResolvedSshOptions> {
  const lines = new Collector(request);
  const problems: Diagnostic[] = [];
  lines.read(files);
  if (files.some(asksForSecondReading)) lines.read(files, { hostName: settleHostName(lines, request, []) });
  const hostName = settleHostName(lines, request, problems);
  const reader = new OptionReader(lines, request, tokensOf(hostName, lines, request));
  const value = { hostName, ...reader.read() };
  return { value, problems: uniqueDiagnostics([...lines.problems, ...problems, ...reader.problems, ...refused(lines)]) };
}

/** OpenSSH reads the files again for a Match with `final`, wherever it stands. */
function asksForSecondReading({ directives }: ConfigFile): boolean {
  return directives.some((directive) => {
    if (directive.kind === 'include') return directive.files.some(asksForSecondReading);
    return directive.kind === 'match' && directive.criteria.some(({ name }) => name === 'final');
  });
}

function settleHostName(lines: Collector, { host }: Request, problems: Diagnostic[]): string {
  try {
    const name = lines.hostName;
    return isIP(name) === 0 ? name.toLowerCase() : name;
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error;
    problems.push(wrongHostName(lines.all('hostname')[0], error));
    return host.toLowerCase();
  }
}

function wrongHostName(line: ConfigLine | undefined, { message }: ExpansionError): Diagnostic {
  const sentence = `HostName: ${message}`;
  return line === undefined ? diagnose('ssh-config', sentence) : problemAt(line, line.words[0] ?? line.keyword, { message: sentence });
}

/** The tokens of most options (ssh_config(5), TOKENS). */
function tokensOf(hostName: string, lines: Collector, { host, given, machine }: Request): Tokens {
  const port = String(given.port ?? parsePort(lines.all('port')[0]?.words[0]?.text ?? '') ?? 22);
  const user = given.user ?? lines.all('user')[0]?.words[0]?.text ?? machine.user;
  const alias = (given.hostKeyAlias ?? lines.all('hostkeyalias')[0]?.words[0]?.text)?.toLowerCase();
  return {
    C: createHash('sha1').update(`${machine.hostName}${hostName}${port}${user}`).digest('hex'),
    d: machine.home,
    h: hostName,
    i: String(machine.uid),
    k: alias ?? host,
    L: machine.hostName.split('.', 1)[0] ?? '',
    l: machine.hostName,
    n: host,
    p: port,
    r: user,
    u: machine.user,
  };
}

function refused(lines: Collector): readonly Diagnostic[] {
  return [...REFUSED].flatMap(([keyword, { harmless, reason }]) => {
    const line = lines.all(keyword)[0];
    const value = line?.words[0];
    if (line === undefined || value === undefined || harmless.includes(value.text.toLowerCase())) return [];
    const hint = 'reach the host with the transport openssh';
    return [problemAt(line, line.keyword, { code: 'unsupported', message: `${line.keyword.text}: ${reason}`, hint })];
  });
}
