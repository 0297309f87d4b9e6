import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StepPlan } from '../../src/model/step.ts';
import { type WaitForOptions, waitFor } from '../../src/steps/wait-for.ts';
import { hosts, scratchDirectory, testBase } from './support/host.ts';
import { planOn, viewOf } from './support/view.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A program of node's beside the tests, which block while they run scripts; resolves to the first line it prints. */
async function beside(program: string): Promise<string> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  for await (const chunk of child.stdout) return String(chunk).trim();
  throw new Error('it printed nothing');
}

/** Answers `/` with a body and 200, everything else with 503; resolves to its port. */
const WEB = `const s = require('http').createServer((q, r) => { r.writeHead(q.url === '/' ? 200 : q.url === '/moved' ? 302 : 503,
  q.url === '/moved' ? { location: '/' } : { 'x-note': 'hidden' }); r.end(q.url === '/' ? 'it\\'s $HOME\\nv12: UP' : 'sorry'); });
s.listen(0, '127.0.0.1', () => console.log(s.address().port));`;
/** Prints a free port, and listens on it a while later. */
const LATER = `const net = require('net'); const s = net.createServer().listen(0, '127.0.0.1', () => { const { port } = s.address();
s.close(() => { console.log(port); setTimeout(() => net.createServer().listen(port, '127.0.0.1'), 1500); }); });`;
/** Prints a port that is free. */
const NEVER = `const s = require('net').createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => console.log(port)); });`;

const base = testBase(false);
const ok = { plan: { result: 'ok' } };
const waited = (before: string): object => ({
  plan: { result: 'change', changes: [{ field: 'condition', before, after: 'holds' }], irreversible: 'a wait' },
  failure: null,
  broken: [],
});

describe.each(hosts)('a wait on $name', (host) => {
  const root = scratchDirectory();

  test('has nothing to do where it holds', () => {
    const path = join(root, "it's $HOME -Á");
    writeFileSync(path, '');
    for (const options of [{ file: path }, { file: { path: '/nowhere', state: 'absent' } }, { command: ['test', '-e', path] }] as const) {
      expect(host.apply(waitFor(options))).toMatchObject(ok);
    }
    expect(host.apply(waitFor({ command: 'true', times: 3, intervalMs: 100 }))).toMatchObject(ok);
  });

  test('waits for a port of the host itself, and for one of a host by name', async () => {
    const port = Number(await beside(LATER));
    expect(host.apply(waitFor({ port, intervalMs: 200, deadlineMs: 20_000 }))).toMatchObject(waited(`nothing listens on port ${port}`));
    expect(host.apply(waitFor({ port }))).toMatchObject(ok);
    expect(host.apply(waitFor({ port, host: '127.0.0.1' }))).toMatchObject(ok);
    const later = Number(await beside(LATER));
    expect(host.apply(waitFor({ port: later, host: '127.0.0.1', intervalMs: 200 }))).toMatchObject(
      waited(`port ${later} of 127.0.0.1: Connection refused`),
    );
  });

  test('fails at its deadline with what was seen last', async () => {
    const port = Number(await beside(NEVER));
    expect(host.apply(waitFor({ port, intervalMs: 100, deadlineMs: 500 })).failure).toBe(
      `1: waited 0.5 s for port ${port}; last seen: nothing listens on port ${port}\n`,
    );
    expect(
      host.apply(waitFor({ command: 'echo one; echo "two $((1 + 1))" >&2; exit 7', deadlineMs: 100, intervalMs: 100 })).failure,
    ).toMatch(/last seen: two 2\n$/);
    expect(host.apply(waitFor({ command: 'exit 7', name: 'x', deadlineMs: 100, intervalMs: 100 })).failure).toBe(
      '1: waited 0.1 s for exit 7; last seen: exit status 7\n',
    );
  });

  test('ends a check that hangs', () => {
    const path = join(root, 'hangs');
    const before = performance.now();
    // It hangs only while it is waited for.
    const step = waitFor({ command: `[ -e ${path} ] || { >${path}; exit 1; }; exec sleep 60`, deadlineMs: 1_000 });
    expect(host.apply(step).failure).toMatch(/^1: waited 1 s for /);
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  test('asks by HTTP: status and body', async () => {
    const url = `http://127.0.0.1:${await beside(WEB)}/`;
    for (const body of ["it's $HOME", /^v\d+: up$/i, undefined]) {
      expect(host.apply(waitFor({ http: { url, body } }))).toMatchObject(ok);
    }
    expect(host.apply(waitFor({ http: { url: `${url}down`, status: 503 } }))).toMatchObject(ok);
    const seen = (http: WaitForOptions['http']): string | undefined =>
      host.apply(waitFor({ http, deadlineMs: 100, intervalMs: 100 })).failure?.split('last seen: ')[1];
    expect(seen({ url: `${url}down` })).toBe('status 503\n');
    expect(seen({ url, status: 204 })).toBe('status 200\n');
    // In a header, not in the body.
    expect(seen({ url, body: 'hidden' })).toBe('status 200, another body\n');
    expect(seen({ url, body: /^UP/ })).toBe('status 200, another body\n');
    for (const child of children) child.kill('SIGKILL');
    expect(seen({ url })).toMatch(/connect|refused/i);
  });

  test('that must hold several times in a row begins anew when it does not', () => {
    const count = join(root, 'count');
    // Holds from its 2nd to its 3rd and from its 5th call on.
    const command = `n=0; [ ! -e ${count} ] || read -r n <${count}; echo $((n + 1)) >${count}; case $n in 0|3) exit 1; esac`;
    expect(host.apply(waitFor({ command, times: 3, intervalMs: 100 }))).toMatchObject({
      plan: { changes: [{ before: 'exit status 1', after: 'holds 3 times in a row' }] },
      failure: null,
      broken: [],
    });
    // One while planning; 2 and 3, a failure, 5, 6 and 7 while waiting; three that say so afterwards.
    expect(host.run(`cat ${count}`).toString()).toBe('10\n');
  });

  test('says how far a series came', () => {
    const count = join(root, 'series');
    const command = `n=0; [ ! -e ${count} ] || read -r n <${count}; echo $((n + 1)) >${count}; [ "$n" -gt 2 ]`;
    expect(host.apply(waitFor({ command, times: 4, intervalMs: 400, deadlineMs: 1_300 })).failure).toMatch(
      /last seen: it held [1-3] of 4 times in a row\n$/,
    );
  });
});

describe('a wait for HTTP with what a host has', () => {
  const root = scratchDirectory();
  const BASIC = ['sh', 'grep', 'sed', 'head', 'tail', 'timeout', 'cat', 'true'];
  const [dash] = hosts;

  /** The plan on a host that has these programs only. */
  function planWith(programs: readonly string[], options: WaitForOptions): StepPlan | undefined {
    const path = join(root, programs.join('-') || 'none');
    mkdirSync(path, { recursive: true });
    for (const name of [...BASIC, ...programs]) {
      const found = ['/usr/bin', '/bin'].map((folder) => join(folder, name));
      rmSync(join(path, name), { force: true });
      symlinkSync(found[0] ?? '', join(path, name));
    }
    const step = waitFor(options);
    return (
      dash &&
      step.plan(
        viewOf(
          dash.read(step.reads, (text) => `PATH=${path}\n${text}`),
          dash.base,
        ),
      )
    );
  }

  let url: string;
  beforeEach(async () => {
    url = `http://127.0.0.1:${await beside(WEB)}/`;
  });

  test.each(['curl', 'wget'])('works with %s', (program) => {
    expect(planWith([program], { http: { url, body: 'v12: UP' } })).toEqual({ result: 'ok' });
    expect(planWith([program], { http: { url: `${url}moved`, status: 302 } })).toEqual({ result: 'ok' });
    expect(planWith([program], { http: { url: `${url}down`, status: 503, body: 'sorry' } })).toEqual({ result: 'ok' });
    // The body is that of the redirect, not of what it leads to.
    expect(planWith([program], { http: { url: `${url}moved`, status: 302, body: 'UP' } })).toMatchObject({
      changes: [{ before: 'status 302, another body' }],
    });
    expect(planWith([program], { http: { url: `${url}down` } })).toMatchObject({ changes: [{ before: 'status 503' }] });
  });

  test('is refused where it has nothing, with what it needs', () => {
    expect(planWith([], { http: { url } })).toEqual({
      result: 'refused',
      reason: `to ask for ${url} it needs curl or wget on this host`,
    });
    expect(planWith([], { port: 80, host: 'db.example.com' })).toEqual({
      result: 'refused',
      reason: 'to connect to db.example.com it needs bash or nc on this host',
    });
  });
});

describe('a wait', () => {
  const guard = (options: WaitForOptions): string => waitFor(options).reads[0]?.key ?? '';
  const on = (options: WaitForOptions, exitCode: number, output = ''): StepPlan =>
    planOn(waitFor(options), { [`guard ${guard(options)}`]: { exitCode, output } }, base);

  test('is decided when everything before it is carried out', () => {
    expect(waitFor({ port: 25 }).fresh).toBe(true);
  });

  test('of a series that is too long for a plan is a change even where it holds', () => {
    const long = { port: 25, times: 7, intervalMs: 1_000 };
    expect(guard(long)).toBe(guard({ port: 25 }));
    expect(on(long, 0)).toMatchObject({
      changes: [{ field: 'condition', before: 'holds', after: 'holds 7 times in a row' }],
      actions: [{ kind: 'waitFor', times: 7, intervalMs: 1_000, deadlineMs: 60_000 }],
    });
    expect(on({ ...long, times: 6 }, 0)).toEqual({ result: 'ok' });
  });

  test('for a command takes any exit status for an answer', () => {
    expect(on({ command: 'check' }, 69, 'x\ny\n')).toMatchObject({ result: 'change', changes: [{ before: 'y' }] });
  });

  test.each<[WaitForOptions, string]>([
    [{ port: 25 }, 'port 25'],
    [{ port: 25, host: '2001:db8::1' }, 'port 25 of 2001:db8::1'],
    [{ http: { url: 'http://192.0.2.1/' } }, 'http://192.0.2.1/'],
    [{ unit: 'nginx' }, 'nginx.service'],
    [{ file: { path: '/run/x.sock', state: 'socket' } }, 'socket /run/x.sock'],
    [{ file: { path: '/run/x', state: 'absent' } }, 'nothing at /run/x'],
    [{ command: ['a b', '$c'] }, "'a b' '$c'"],
    [{ port: 25, name: 'mail' }, 'mail'],
  ])('for %j is called %s', (options, subject) => {
    expect(waitFor(options).subject).toBe(subject);
  });

  test.each<[object, string]>([
    [{}, 'waitFor: say one of port, http, command, unit and file, not none'],
    [{ port: 25, unit: 'x' }, 'not port and unit'],
    [{ unit: 'x', host: 'y' }, 'host goes with port'],
    [{ port: 0 }, 'port 0 must be 1 to 65535'],
    [{ port: 25, host: '-x' }, 'host "-x" must be a name or an address'],
    [{ port: 25, host: 'a;b' }, 'must be a name or an address'],
    [{ http: { url: 'ftp://x/' } }, 'url "ftp://x/" must begin with http:// or https://'],
    [{ http: { url: 'http://x/ y' } }, 'must begin with http:// or https://'],
    [{ http: { url: 'http://x/', status: 100 } }, 'status 100 must be 200 to 599'],
    [{ http: { url: 'http://x/', body: 'a\nb' } }, 'must be one line of text, or a RegExp'],
    [{ http: { url: 'http://x/', body: /(?=a)/ } }, 'hosts match with grep -E'],
    [{ command: '' }, 'waitFor: command "" must be a line for sh'],
    [{ unit: 'a b' }, 'is not the name of a unit'],
    [{ file: 'x' }, 'must be absolute'],
    [{ file: { path: '/x', state: 'pipe' } }, "state \"pipe\" of /x must be 'present', 'absent' or 'socket'"],
    [{ port: 25, intervalMs: 50 }, 'intervalMs 50 must be 100 or more'],
    [{ port: 25, deadlineMs: 0 }, 'deadlineMs 0 must be more than 0'],
    [{ port: 25, times: 1.5 }, 'times 1.5 must be a whole number'],
    [{ port: 25, times: 61 }, '61 times every 1000 ms do not fit into a deadlineMs of 60000'],
  ])('does not take %j', (options, message) => {
    expect(() => waitFor(options as WaitForOptions)).toThrow(message);
  });
});
