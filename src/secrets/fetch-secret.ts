import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { SecretSource, SecretState } from '../model/secret.ts';
import { readAge } from './age-file.ts';
import { readingTrouble, secretText } from './secret-text.ts';

/** What secrets are fetched from. */
export interface SecretSurroundings {
  /** Directory in which commands are run. */
  readonly cwd: string;
  readonly home: string;
  /** Variables that are read are taken out of it. */
  readonly env: { [name: string]: string | undefined };
  /** Shows what commands have to say. Default: they say it to the terminal themselves. */
  readonly say?: (text: string) => void;
}

/** What came of asking a source. */
export interface Fetched {
  readonly state: SecretState;
  /** What is to be kept out of sight from now on, besides the secret itself. */
  readonly learned: readonly string[];
  /** What its command had to say and has not said yet. */
  readonly said: string;
}

/** Asks a source. Messages do not name commands and say nothing of what they printed: secrets may stand in them. */
export async function fetchSecret(source: SecretSource, surroundings: SecretSurroundings): Promise<Fetched> {
  if ('command' in source) return runCommand(source.command, surroundings);
  if ('env' in source) return found(takeVariable(source.env, surroundings));
  if ('file' in source) return found(await readSecretFile(source.file));
  const { state, learned } = await readAge(source, surroundings);
  return { ...found(state), learned: [...learned, ...textOf(state)] };
}

function found(state: SecretState): Fetched {
  return { state, learned: textOf(state), said: '' };
}

function textOf(state: SecretState): readonly string[] {
  return typeof state === 'object' && 'text' in state ? [state.text] : [];
}

function takeVariable(name: string, { env }: SecretSurroundings): SecretState {
  const value = env[name] ?? '';
  delete env[name];
  return value === '' ? { missing: `${name} is not set in the environment` } : { text: value };
}

async function readSecretFile(path: string): Promise<SecretState> {
  const bytes = await readFile(path).catch((error: unknown) => readingTrouble(path, error));
  return bytes instanceof Uint8Array ? secretText(bytes, path) : bytes;
}

/** It may ask at the terminal. What it says elsewhere is held back until its secret is known. */
function runCommand(command: string, { cwd, env, say }: SecretSurroundings): Promise<Fetched> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { cwd, env, stdio: ['inherit', 'pipe', say === undefined ? 'inherit' : 'pipe'] });
    const [printed, said]: [Buffer[], Buffer[]] = [[], []];
    child.stdout?.on('data', (chunk: Buffer) => void printed.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => void said.push(chunk));
    const end = (state: SecretState): void => {
      const output = secretText(Buffer.concat(printed), 'it');
      // What a command that failed has printed may be the secret all the same.
      resolve({ state, learned: textOf(output), said: Buffer.concat(said).toString() });
    };
    child.once('error', ({ message }) => end({ missing: message }));
    child.once('close', (exitCode, signal) => end(commandState({ exitCode, signal }, Buffer.concat(printed))));
  });
}

function commandState(
  { exitCode, signal }: { readonly exitCode: number | null; readonly signal: string | null },
  printed: Buffer,
): SecretState {
  if (exitCode === null) return { missing: `its command was ended by ${signal ?? 'a signal'}` };
  if (exitCode !== 0) return { missing: `its command ended with exit code ${exitCode}` };
  return /^\s*$/.test(printed.toString('latin1'))
    ? { missing: 'its command printed nothing' }
    : secretText(printed, 'what its command printed');
}
