import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { endedRunScript } from '../../src/actions/lock.ts';
import { compileWrite, ProgressParser, releaseScript } from '../../src/actions/script.ts';
import type { ActionEvent, LockClaim } from '../../src/model/ports.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'drover-lock-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const lock = (): string => join(home, '.drover-h.lock');
const claim = (run: string, isLast = true): LockClaim => ({
  run,
  owner: `${run}'s owner@example.com`,
  base: { hostname: 'h', as: { user: 'u', group: 'g', uid: 1000, home } },
  isLast,
});
let count = 0;
const scriptOf = (wanted: LockClaim, action: string): { nonce: string; text: string } => {
  count += 1;
  const nonce = `N${count}`;
  return { nonce, text: compileWrite([{ summary: 'x', script: action }], nonce, wanted).text };
};

describe.each([
  ['sh', ['sh']],
  ['busybox', ['busybox', 'sh']],
] as const)('the lock of a host (%s)', (_name, [program, ...args]) => {
  const parsed = (nonce: string, output: Buffer): string[] => {
    const events: ActionEvent[] = [];
    new ProgressParser(nonce, (event) => events.push(event)).feed(output);
    return events.map((event) => (event.kind === 'locked' ? `locked by ${event.run} of ${event.owner}` : event.kind));
  };
  const run = (wanted: LockClaim, action = ':'): string[] => {
    const { nonce, text } = scriptOf(wanted, action);
    return parsed(nonce, execFileSync(program, [...args], { input: text }));
  };
  const start = (wanted: LockClaim, action: string): ChildProcess => {
    const child = spawn(program, [...args], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdout?.resume();
    child.stdin?.end(scriptOf(wanted, action).text);
    return child;
  };
  /** As if the lease had ended that many seconds ago. */
  const endLease = (): void => {
    const [r, , ...rest] = readFileSync(lock(), 'utf8').split(' ');
    writeFileSync(lock(), [r, Math.floor(Date.now() / 1000) - 1, ...rest].join(' '));
  };

  test('is taken before the first action and given back behind the last', () => {
    const seen = join(home, 'seen');
    expect(run(claim('one'), `cp ${lock()} ${seen}`)).toEqual(['start', 'end']);
    expect(readFileSync(seen, 'utf8')).toMatch(/^one \d+ \d+ \d+ one's owner@example\.com\n$/);
    expect(readdirSync(home)).toEqual(['seen']);
  });

  test('is kept between two scripts of one run, and another run is refused with its name; nothing of it is carried out', () => {
    run(claim('one', false));
    const touched = join(home, 'touched');
    expect(run(claim('two'), `touch ${touched}`)).toEqual(["locked by one of one's owner@example.com"]);
    expect(existsSync(touched)).toBe(false);
    expect(run(claim('one'))).toEqual(['start', 'end']);
    expect(run(claim('two'))).toEqual(['start', 'end']);
    expect(readdirSync(home)).toEqual([]);
  });

  test('of a run that has died is taken over when its lease has ended, not before', () => {
    run(claim('one', false));
    expect(run(claim('two'))).toHaveLength(1);
    endLease();
    expect(run(claim('two', false))).toEqual(['start', 'end']);
    expect(readFileSync(lock(), 'utf8')).toMatch(/^two /);
    expect(readdirSync(home)).toEqual(['.drover-h.lock']);
  });

  test('is held as long as its script runs, however old the lease', async () => {
    const began = join(home, 'began');
    const child = start(claim('one'), `exec sh -c 'echo $$ >${began}; exec sleep 60'`);
    await vi.waitFor(() => expect(readFileSync(began, 'utf8')).toMatch(/\n$/), 10_000);
    endLease();
    expect(run(claim('two'))).toEqual(["locked by one of one's owner@example.com"]);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(run(claim('two'))).toEqual(['start', 'end']);
    process.kill(Number(readFileSync(began, 'utf8')));
  });

  test('is given back when an action fails, when the link is lost and when the script is told to end', async () => {
    expect(run(claim('one', false), 'exit 3')).toEqual(['start', 'end']);
    expect(readdirSync(home)).toEqual([]);
    const began = join(home, 'began');
    for (const end of [(child: ChildProcess) => child.kill('SIGTERM'), (child: ChildProcess) => child.stdout?.destroy()]) {
      const child = start(claim('one', false), `exec sh -c 'echo $$ >${began}; exec sleep 60'`);
      await vi.waitFor(() => expect(readFileSync(began, 'utf8')).toMatch(/\n$/), 10_000);
      end(child);
      // The shell acts on either when its running action is over.
      process.kill(Number(readFileSync(began, 'utf8')));
      await new Promise((resolve) => child.once('close', resolve));
      rmSync(began);
      expect(readdirSync(home)).toEqual([]);
    }
  });

  test('is given back by a script of its own, which leaves the lock of another run alone', () => {
    run(claim('one', false));
    execFileSync(program, [...args], { input: releaseScript(claim('two'), 'R').text });
    expect(existsSync(lock())).toBe(true);
    execFileSync(program, [...args], { input: releaseScript(claim('one'), 'R').text });
    expect(readdirSync(home)).toEqual([]);
  });

  test('of a run that has ended is taken over at once by a run that goes on with it, and by no other', () => {
    run(claim('one', false));
    expect(run({ ...claim('two'), instead: ['on', 'oneself'] })).toHaveLength(1);
    expect(run({ ...claim('two', false), instead: ['zero', 'one'] })).toEqual(['start', 'end']);
    expect(readFileSync(lock(), 'utf8')).toMatch(/^two /);
    expect(run({ ...claim('three'), instead: ['zero', 'one'] })).toEqual(["locked by two of two's owner@example.com"]);
    expect(readdirSync(home)).toEqual(['.drover-h.lock']);
  });

  test('of a run that has ended is given back by a run that goes on with it and wrote nothing', () => {
    const release = (wanted: LockClaim): readonly string[] => {
      execFileSync(program, [...args], { input: releaseScript(wanted, 'R').text });
      return readdirSync(home);
    };
    run(claim('one', false));
    expect(release({ ...claim('two'), instead: ['on', 'oneself'] })).toEqual(['.drover-h.lock']);
    expect(release({ ...claim('two'), instead: ['zero', 'one'] })).toEqual([]);
    expect(release({ ...claim('two'), instead: ['zero', 'one'] })).toEqual([]);
  });

  test('of a run that has ended is not taken over while a script of it still runs; it gives the host back behind its running action', async () => {
    const [began, second] = [join(home, 'began'), join(home, 'second')];
    const { text } = compileWrite(
      [
        { summary: 'x', script: `exec sh -c 'echo $$ >${began}; exec sleep 60'` },
        { summary: 'y', script: `touch ${second}` },
      ],
      'K',
      claim('one', false),
    );
    const child = spawn(program, [...args], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin?.end(text);
    await vi.waitFor(() => expect(readFileSync(began, 'utf8')).toMatch(/\n$/), 10_000);
    // What a SIGKILL of drover leaves: nobody reads the script's reports any more.
    child.stdout?.destroy();
    const after = { ...claim('two'), instead: ['one'] };
    const named = (wanted: LockClaim): string => execFileSync(program, [...args], { input: endedRunScript(wanted).text, encoding: 'utf8' });
    expect([named(after), named({ ...after, instead: ['other'] }), named(claim('two'))]).toEqual(['one\n', '', '']);
    expect(run(after)).toEqual(["locked by one of one's owner@example.com"]);
    execFileSync(program, [...args], { input: releaseScript(after, 'R').text });
    expect(existsSync(lock())).toBe(true);
    process.kill(Number(readFileSync(began, 'utf8')));
    await new Promise((resolve) => child.once('close', resolve));
    expect(existsSync(second)).toBe(false);
    expect(named(after)).toBe('');
    expect(run(after)).toEqual(['start', 'end']);
  });

  test('without a start time is left to its lease, for nobody can tell whether its process still runs', () => {
    const end = Math.floor(Date.now() / 1000) + 60;
    writeFileSync(lock(), `one ${end} ${process.pid} 0 somebody@example.com\n`);
    expect(run({ ...claim('two'), instead: ['one'] })).toEqual(['locked by one of somebody@example.com']);
  });

  test('that is torn (an empty file) is taken over', () => {
    writeFileSync(lock(), '');
    expect(run(claim('two'))).toEqual(['start', 'end']);
  });

  test('goes to one of many runs that find it free at the same time', async () => {
    const won = join(home, 'won');
    const children = Array.from({ length: 12 }, (_, index) => start(claim(`r${index}`, false), `echo r${index} >>${won}`));
    await Promise.all(children.map((child) => new Promise((resolve) => child.once('close', resolve))));
    const winners = readFileSync(won, 'utf8').trim().split('\n');
    expect(winners).toHaveLength(1);
    expect(readFileSync(lock(), 'utf8').startsWith(`${winners[0]} `)).toBe(true);
    endLease();
    rmSync(won);
    const next = Array.from({ length: 12 }, (_, index) => start(claim(`s${index}`, false), `echo s${index} >>${won}`));
    await Promise.all(next.map((child) => new Promise((resolve) => child.once('close', resolve))));
    expect(readFileSync(won, 'utf8').trim().split('\n')).toHaveLength(1);
  });
});
