import { spawn } from 'node:child_process';
import { TransportError } from '../../model/transport.ts';
import { lastOf } from './words.ts';

/** What ssh(1) makes of its arguments and files for one host: values by keyword in lower case, as `ssh -G` prints them. */
export type EffectiveConfig = ReadonlyMap<string, string>;

/** Where and as whom ssh is run. */
export interface SshSurroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How long `ssh -G` may take; it runs what `Match exec` of ssh_config names. */
const ASK_MS = 10_000;

/** Asks ssh what it would do. Rejects with TransportError where it cannot be run, or takes offence at an argument or a file. */
export function askSsh(args: readonly string[], { cwd, env }: SshSurroundings, signal: AbortSignal): Promise<EffectiveConfig> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', ['-G', ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true, signal, timeout: ASK_MS });
    const out: string[] = [];
    const err: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => void out.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => void err.push(chunk));
    child.once('error', (cause: NodeJS.ErrnoException) => reject(signal.aborted ? stopped() : cannotRun(cause)));
    child.once('close', (code, killer) => {
      if (code === 0) resolve(parse(out.join('')));
      else reject(refused(lastOf(linesOf(err.join(''))), killer));
    });
  });
}

/** Of keywords with several lines the first counts. */
function parse(text: string): EffectiveConfig {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, keyword, value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    if (keyword !== undefined && !values.has(keyword)) values.set(keyword, value);
  }
  return values;
}

/** Behind its complaints ssh counts them. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => !line.includes(': terminating, '));
}

function stopped(): TransportError {
  return new TransportError('aborted', 'stopped while connecting');
}

function cannotRun(cause: NodeJS.ErrnoException): TransportError {
  if (cause.code !== 'ENOENT') return new TransportError('connect', `cannot run ssh: ${cause.message}`, { cause });
  return new TransportError('connect', 'the program ssh, by which the transport openssh reaches hosts, is not in PATH', {
    cause,
    hint: 'install the OpenSSH client (Debian: openssh-client, Red Hat: openssh-clients), or take the transport ssh',
  });
}

/** ssh names its files and lines itself. */
function refused(words: string | null, killer: string | null): TransportError {
  if (killer !== null) {
    return new TransportError('resolve', `ssh -G did not say within ${ASK_MS} ms how the host is reached`, {
      deadline: true,
      hint: 'commands of Match exec in ssh_config must end soon',
    });
  }
  return new TransportError('resolve', `ssh cannot follow its settings: ${words ?? 'it does not say why'}`, {
    hint: 'correct ssh_config or the host vars with arguments of ssh; `ssh -G HOST` says the same',
  });
}
