import { commandLine, quote } from '../shell/quote.ts';
import { LIMIT } from '../shell/wait.ts';
import { type Command, checkCommand, lineOf } from './command-words.ts';
import { extendedRegexp } from './extended-regexp.ts';
import { checkUnitName } from './service.ts';
import { checkPath, StepArgumentError } from './step.ts';

/** An answer by HTTP. The host asks for it itself, with curl or wget; a redirect is not followed. */
export interface HttpCondition {
  /** `http://` or `https://`; certificates are checked. An answer must be there within 10 s. */
  readonly url: string;
  /** Default 200. */
  readonly status?: number | undefined;
  /** Text that a line of the body has, or a RegExp that a line matches (what POSIX's extended ones have too). Default: any body. */
  readonly body?: string | RegExp | undefined;
}

/** What can be waited for: exactly one of these, and `host` with `port`. */
export interface WaitCondition {
  /** A TCP port. Without `host`: something on the host itself listens on it, at whatever address. */
  readonly port?: number | undefined;
  /** Another host, by name or address: a connection to its `port` from this host succeeds within 5 s. Needs bash or nc here. */
  readonly host?: string | undefined;
  readonly http?: HttpCondition | undefined;
  /** Read-only command that succeeds: words as they are, or a line for `sh -c`. */
  readonly command?: Command | undefined;
  /** A unit that is active; where there is no systemd, an init script whose status is good. */
  readonly unit?: string | undefined;
  /** A path where something is; or say its `state`. Default of `state`: `present`. */
  readonly file?: string | { readonly path: string; readonly state?: 'present' | 'absent' | 'socket' | undefined } | undefined;
}

/** Status of a check that cannot be made with what the host has (sysexits(3), EX_UNAVAILABLE). */
export const NO_MEANS = 69;

/** A condition in plain words, and a line for `sh` that only reads: it succeeds where it holds, else the last line says what is there. */
export interface WaitCheck {
  readonly what: string;
  readonly line: string;
}

/** Longest wait for one connection and one answer, in seconds. */
const CONNECT_SEC = 5;
const ANSWER_SEC = 10;

const wrong = (what: string): never => {
  throw new StepArgumentError(`waitFor: ${what}`);
};

/** The check of the one condition that is asked for. Throws StepArgumentError where there is none, or more than one. */
export function waitCheck({ port, host, http, command, unit, file }: WaitCondition): WaitCheck {
  const given = Object.entries({ port, http, command, unit, file }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length !== 1) wrong(`say one of port, http, command, unit and file, not ${given.length === 0 ? 'none' : given.join(' and ')}`);
  if (host !== undefined && port === undefined) wrong('host goes with port');
  if (port !== undefined) return portCheck(port, host);
  if (http !== undefined) return httpCheck(http);
  if (unit !== undefined) return unitCheck(checkUnitName('waitFor: unit', unit));
  if (file !== undefined) return fileCheck(typeof file === 'string' ? { path: file } : file);
  checkCommand('waitFor: command', command);
  const line = lineOf(command ?? '');
  return { what: line, line };
}

/** Of the host itself by its table of listening sockets (proc(5), /proc/net/tcp: state 0A): no tool, and no connection that is logged. */
function portCheck(port: number, host: string | undefined): WaitCheck {
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) wrong(`port ${JSON.stringify(port)} must be 1 to 65535`);
  if (host !== undefined) return remotePortCheck(port, host);
  const listening = ` [0-9A-F]*:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F]*:0000 0A `;
  return {
    what: `port ${port}`,
    line: `grep -qs ${quote(listening)} /proc/net/tcp /proc/net/tcp6 || { echo 'nothing listens on port ${port}'; exit 1; }`,
  };
}

/** By bash, an nc with `-z`, or busybox's nc, which runs a program once it is connected. */
function remotePortCheck(port: number, host: string): WaitCheck {
  if (typeof host !== 'string' || !/^[A-Za-z0-9:_][A-Za-z0-9.:_-]*$/.test(host))
    wrong(`host ${JSON.stringify(host)} must be a name or an address`);
  const words = [host, String(port)];
  const line = [
    LIMIT,
    `if command -v bash >/dev/null 2>&1; then said=$(limit ${CONNECT_SEC} bash -c ': <"/dev/tcp/$0/$1"' ${commandLine(words)} 2>&1) && exit 0`,
    `elif nc -h 2>&1 | grep -q -e '-z'; then said=$(nc -z -w ${CONNECT_SEC} ${commandLine(words)} 2>&1) && exit 0`,
    `elif nc -h 2>&1 | grep -q -e '-e PROG'; then said=$(nc -w ${CONNECT_SEC} ${commandLine(words)} -e true 2>&1) && exit 0`,
    `else echo 'to connect to ${host} it needs bash or nc on this host'; exit ${NO_MEANS}; fi`,
    // What the first line ends in: the reason.
    `nl='\n'; said=\${said%%"$nl"*}; said=\${said##*: }`,
    `echo "port ${port} of ${host}: \${said:-no connection within ${CONNECT_SEC} s}"; exit 1`,
  ];
  return { what: `port ${port} of ${host}`, line: line.join('\n') };
}

/**
 * curl(1), or GNU's or busybox's wget: each says the header on standard error, while the body is looked at as it passes. Redirects are an
 * answer of their own (busybox follows them, and its `-T` crashes some builds).
 */
function httpCheck({ url, status = 200, body }: HttpCondition): WaitCheck {
  checkHttp({ url, status, body });
  const match = body === undefined ? [] : typeof body === 'string' ? ['-F', '-e', body] : regexpWords(body);
  const seen = match.length === 0 ? '>/dev/null' : `| { ! ${commandLine(['grep', ...match])} >/dev/null || echo 'body: as wanted'; }`;
  const withBody = status >= 300 && body !== undefined ? ' --content-on-error' : '';
  const line = [
    LIMIT,
    `u=${quote(url)}`,
    `if command -v curl >/dev/null 2>&1; then get() { curl -gsS -m ${ANSWER_SEC} -D /dev/stderr -- "$u"; }`,
    `elif wget --version 2>/dev/null | grep -q 'GNU Wget'; then get() { limit ${ANSWER_SEC} wget -qS -O - -t 1 --max-redirect=0${withBody} "$u"; }`,
    `elif command -v wget >/dev/null 2>&1; then get() { limit ${ANSWER_SEC} wget -q -S -O - "$u"; }`,
    `else echo ${quote(`to ask for ${url} it needs curl or wget on this host`)}; exit ${NO_MEANS}; fi`,
    `said=$({ get ${seen}; } 2>&1)`,
    `code=$(printf '%s\\n' "$said" | sed -n 's,^ *HTTP/[0-9.]* \\([2-9][0-9][0-9]\\).*,\\1,p' | head -n 1)`,
    `nl='\n'; last=\${said##*"$nl"}`,
    `[ -n "$code" ] || { echo "\${last:-no answer within ${ANSWER_SEC} s}"; exit 1; }`,
    `[ "$code" = ${status} ] || { echo "status $code"; exit 1; }`,
    ...(match.length === 0 ? [] : [`[ "$last" = 'body: as wanted' ] || { echo "status $code, another body"; exit 1; }`]),
  ];
  return { what: url, line: line.join('\n') };
}

function regexpWords(body: RegExp): string[] {
  const { flags, text } = extendedRegexp('waitFor: body', body);
  return ['-E', ...flags, '-e', text];
}

function checkHttp({ url, status = 200, body }: HttpCondition): void {
  const isUrl = typeof url === 'string' && /^https?:\/\/[\x21-\x7e]+$/.test(url) && URL.canParse(url);
  if (!isUrl) wrong(`url ${JSON.stringify(url)} must begin with http:// or https://`);
  if (!(Number.isInteger(status) && status >= 200 && status <= 599)) wrong(`status ${JSON.stringify(status)} must be 200 to 599`);
  if (body === undefined || body instanceof RegExp) return;
  if (typeof body !== 'string' || !/^[^\n\0]+$/.test(body)) wrong(`body ${JSON.stringify(body)} must be one line of text, or a RegExp`);
}

/** systemctl(1), rc-service(8), or the init script. */
function unitCheck(unit: string): WaitCheck {
  const script = quote(unit.replace(/\.service$/, ''));
  const line = [
    `if [ -d /run/systemd/system ]; then systemctl is-active -- ${quote(unit)}`,
    `elif command -v rc-service >/dev/null 2>&1; then rc-service ${script} status`,
    `elif command -v service >/dev/null 2>&1; then service ${script} status`,
    `else /etc/init.d/${script} status; fi`,
  ];
  return { what: unit, line: line.join('\n') };
}

function fileCheck({ path, state = 'present' }: { readonly path: string; readonly state?: string | undefined }): WaitCheck {
  const name = quote(checkPath('waitFor', path));
  const say = (what: string): string => `{ printf '%s\\n' ${quote(what.replaceAll('\n', ' '))}; exit 1; }`;
  switch (state) {
    case 'present':
      return { what: path, line: `[ -e ${name} ] || ${say(`nothing at ${path}`)}` };
    case 'absent':
      return { what: `nothing at ${path}`, line: `[ ! -e ${name} ] && [ ! -L ${name} ] || ${say(`${path} is there`)}` };
    case 'socket':
      return { what: `socket ${path}`, line: `[ -S ${name} ] || ${say(`no socket at ${path}`)}` };
    default:
      return wrong(`state ${JSON.stringify(state)} of ${path} must be 'present', 'absent' or 'socket'`);
  }
}
