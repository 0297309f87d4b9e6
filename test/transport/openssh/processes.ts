import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createOpenSshTransport, type OpenSshTransport } from '../../../src/transport/openssh/openssh-transport.ts';
import { ME } from '../world.ts';

/** The transport for whoever runs the tests, without an agent. */
export function openSsh(say?: (sentence: string) => void): OpenSshTransport {
  return createOpenSshTransport({ username: ME, home: tmpdir(), cwd: tmpdir(), agentSocket: null }, say === undefined ? {} : { say });
}

/** A process as its parent sees it. */
export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** What runs now with one of these words among its arguments; zombies do not. */
export function runningWith(word: string): readonly Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^[0-9]+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return words.some((each) => each.includes(word)) ? [{ pid: Number(name), command: words.join(' ').trim() }] : [];
    } catch {
      return [];
    }
  });
}

/** A folder in which control sockets are made. */
export interface SocketPlace {
  readonly path: string;
  /** What is in it. */
  left(): readonly string[];
}

/** A place of its own for control sockets, until the test ends. */
export function socketPlace(): SocketPlace {
  const before = process.env.XDG_RUNTIME_DIR;
  const path = mkdtempSync(join(tmpdir(), 'place-'));
  process.env.XDG_RUNTIME_DIR = path;
  onTestFinished(() => {
    if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
    else process.env.XDG_RUNTIME_DIR = before;
    rmSync(path, { recursive: true, force: true });
  });
  return { path, left: () => (existsSync(path) ? readdirSync(path) : []) };
}
