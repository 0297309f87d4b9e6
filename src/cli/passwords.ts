import { spawn } from 'node:child_process';
import { Secret } from '../model/secret.ts';
import { askSecret, canAsk } from './ask.ts';
import type { Cli } from './cli.ts';
import type { ConnectionFlags } from './flags.ts';
import type { Io } from './io.ts';
import { argumentProblem, Cancelled } from './problem.ts';

/** What the operator gives for all hosts whose vars name nothing else. */
export interface Passwords {
  /** To log in with. */
  readonly password: Secret | null;
  /** For sudo, doas or su. */
  readonly becomePassword: Secret | null;
  /** For encrypted key files. */
  readonly keyPassphrase: Secret | null;
}

/** Where one password may come from: a question goes before a command, and that before the environment. */
interface Source {
  readonly flag: string;
  readonly isAsked: boolean;
  readonly question: string;
  readonly commandFlag: string;
  readonly command: string | undefined;
  readonly variable: string;
  readonly fromEnvironment: Secret | null;
}

/** Reads the passwords that flags and environment name; the environment loses them. Throws InputProblems and Cancelled. */
export async function readPasswords(flags: Partial<ConnectionFlags>, cli: Cli): Promise<Passwords> {
  const { env } = cli.io;
  const [login, become, keyPassphrase] = [
    take(env, 'DROVER_PASSWORD'),
    take(env, 'DROVER_BECOME_PASSWORD'),
    take(env, 'DROVER_KEY_PASSPHRASE'),
  ];
  const isBoth = flags.askPass === true && flags.askBecomePass === true;
  const password = await readPassword(
    {
      flag: '--ask-pass',
      isAsked: flags.askPass === true,
      question: 'password to log in with',
      commandFlag: '--password-command',
      command: flags.passwordCommand,
      variable: 'DROVER_PASSWORD',
      fromEnvironment: login,
    },
    cli,
  );
  const becomePassword = await readPassword(
    {
      flag: '--ask-become-pass',
      isAsked: flags.askBecomePass === true,
      question: `password for sudo, doas or su${isBoth ? ' (empty: the same)' : ''}`,
      commandFlag: '--become-password-command',
      command: flags.becomePasswordCommand,
      variable: 'DROVER_BECOME_PASSWORD',
      fromEnvironment: become,
    },
    cli,
  );
  return { password, becomePassword: isBoth && becomePassword?.reveal() === '' ? password : becomePassword, keyPassphrase };
}

function take(env: Io['env'], name: string): Secret | null {
  const value = env[name] ?? '';
  delete env[name];
  return value === '' ? null : new Secret(value);
}

async function readPassword(source: Source, cli: Cli): Promise<Secret | null> {
  const { flag, isAsked, question, commandFlag, command, variable, fromEnvironment } = source;
  if (isAsked && command !== undefined) throw argumentProblem(`${flag} and ${commandFlag} exclude each other`);
  if (command !== undefined) return runPasswordCommand(command, commandFlag, cli);
  if (!isAsked) return fromEnvironment;
  if (!canAsk(cli.io)) throw argumentProblem(`${flag} needs a terminal to ask at`, `set ${variable} in the environment instead`);
  const typed = await askSecret(question, cli);
  if (typed === null) throw new Cancelled('cancelled at the question for the password');
  return typed;
}

/** The first line that a command prints; what it says on standard error is shown. Messages do not name the command: secrets may stand in it. */
function runPasswordCommand(command: string, flag: string, { io, output }: Pick<Cli, 'io' | 'output'>): Promise<Secret> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], { cwd: io.cwd, env: io.env, stdio: ['inherit', 'pipe', 'pipe'] });
    const printed: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => void printed.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.err(chunk.toString()));
    child.once('error', ({ message }) => reject(argumentProblem(`${flag} cannot be run: ${message}`)));
    child.once('close', (exitCode, signal) => {
      const line = Buffer.concat(printed).toString().split(/\r?\n/, 1)[0] ?? '';
      if (exitCode === null) reject(argumentProblem(`the command of ${flag} was ended by ${signal ?? 'a signal'}`));
      else if (exitCode !== 0) reject(argumentProblem(`the command of ${flag} ended with exit code ${exitCode}`));
      else if (line === '')
        reject(argumentProblem(`the command of ${flag} printed no password`, 'the first line of its output is the password'));
      else resolve(new Secret(line));
    });
  });
}
