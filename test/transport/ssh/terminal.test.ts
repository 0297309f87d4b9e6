import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Become, BecomeMethod } from '../../../src/model/host.ts';
import type { Connection } from '../../../src/model/transport.ts';
import { execCases } from '../exec-cases.ts';
import { eventually, folder, isRunning, run, trouble } from '../world.ts';
import { noPrivateHost, type PrivateHost, startPrivateHost } from './private-host.ts';

/** Red Hat 6's su asks at a terminal only. */
const SU_AT_TERMINAL = '[ -t 0 ] || { echo "standard in must be a tty" >&2; exit 1; }; exec /usr/bin/su "$@"';

describe.skipIf(noPrivateHost !== null)('the real sudo, doas and su on a terminal, over a real sshd', () => {
  /** Ways in which a start without a terminal is refused, and what brings a terminal about. */
  const TERMINALS: readonly {
    readonly name: string;
    readonly method: BecomeMethod;
    readonly sudoers: readonly string[];
    readonly vain: number;
  }[] = [
    { name: 'sudo with requiretty and use_pty', method: 'sudo', sudoers: ['Defaults requiretty', 'Defaults use_pty'], vain: 1 },
    { name: 'sudo with requiretty alone', method: 'sudo', sudoers: ['Defaults requiretty', 'Defaults !use_pty'], vain: 1 },
    { name: 'doas with a password', method: 'doas', sudoers: [], vain: 0 },
    { name: 'an su that asks at a terminal only', method: 'su', sudoers: [], vain: 1 },
  ];

  describe.each(TERMINALS)('$name', ({ method, sudoers, vain }) => {
    let host: PrivateHost;
    beforeAll(async () => {
      host = await startPrivateHost(method === 'su' ? { su: SU_AT_TERMINAL } : {});
      host.ask('password', ...sudoers);
    });
    afterAll(() => host.stop());

    const ROOT: Become = { method, user: 'root' };
    const OTHER: Become = { method, user: 'drover-other' };
    const entered = (become: Become): Promise<Connection> => host.connect(host.passwordFor(become));
    /** A connection all of whose scripts run as that user. */
    const as = async (become: Become): Promise<Connection> => {
      const connection = await entered(become);
      return {
        read: (script, options) => connection.read(script, { ...options, become }),
        write: (script, options) => connection.write(script, { ...options, become }),
        stats: () => connection.stats(),
        close: () => connection.close(),
      };
    };

    execCases(() => as(ROOT), { killed: { exitCode: 137, signal: null }, vain });

    it('ends the processes of a script that passes its deadline, whoever runs it', async () => {
      const file = join(folder(), 'pid');
      const error = await trouble(run(await as(OTHER), `sleep 600 & echo $! >${file}; sleep 601`, { deadlineMs: 300 }));
      expect([error.phase, error.deadline]).toEqual(['exec', true]);
      await eventually(() => !isRunning(Number(readFileSync(file, 'utf8'))), 'end of the background process');
    });

    it.each([ROOT, OTHER])('becomes $user', async (become) => {
      const result = await run(await entered(become), 'id -un; echo err >&2; exit 3', { become });
      expect([result.stdout.toString(), result.stderr.toString(), result.exitCode]).toEqual([`${become.user}\n`, 'err\n', 3]);
    });

    it('needs no password where none is asked for', async () => {
      host.ask('nothing', ...sudoers);
      onTestFinished(() => host.ask('password', ...sudoers));
      for (const become of [ROOT, OTHER]) {
        const result = await run(await host.connect(null), 'id -un; echo err >&2; exit 3', { become });
        expect([result.stdout.toString(), result.stderr.toString(), result.exitCode]).toEqual([`${become.user}\n`, 'err\n', 3]);
      }
    });

    it('passes every byte of a script of several 100 KiB, and every byte back', async () => {
      const characters = Array.from({ length: 0x7ff }, (_, index) => String.fromCodePoint(index + 1)).filter((each) => each !== "'");
      const text = characters.join('').repeat(200);
      const file = join(folder(), 'random');
      const script = `printf %s '${text}' | sha256sum; head -c 700000 /dev/urandom >${file}; cat ${file}`;
      expect(Buffer.byteLength(script)).toBeGreaterThan(700_000);
      const { stdout } = await run(await entered(ROOT), script, { become: ROOT });
      const digest = createHash('sha256').update(text).digest('hex');
      expect(stdout.subarray(0, 64).toString()).toBe(digest);
      expect(stdout.subarray(64 + '  -\n'.length).equals(readFileSync(file))).toBe(true);
    });

    it('keeps the outputs apart, however they are mixed', async () => {
      const script =
        'i=0; while [ $i -lt 3000 ]; do echo "out $i"; echo "err $i" >&2; i=$((i + 1)); done; printf "no newline"; printf last >&2';
      const { stdout, stderr } = await run(await entered(OTHER), script, { become: OTHER });
      const lines = (word: string): string => Array.from({ length: 3_000 }, (_, index) => `${word} ${index}\n`).join('');
      expect(stdout.toString()).toBe(`${lines('out')}no newline`);
      expect(stderr.toString()).toBe(`${lines('err')}last`);
    });

    it('is nothing that a script could notice', async () => {
      const script =
        'env | cut -d= -f1 | sort; for n in 0 1 2; do [ ! -t $n ] || echo "a terminal: $n"; done; (: </dev/tty) 2>/dev/null && echo "/dev/tty"; pwd; umask';
      const besides = await run(await entered(OTHER), script, { become: OTHER });
      const plain = await startPrivateHost();
      onTestFinished(() => plain.stop());
      plain.ask('nothing');
      const without = await run(await plain.connect(null), script, { become: OTHER });
      expect(besides.stdout.toString()).toBe(without.stdout.toString());
    });

    it('leaves no file behind, and no process', async () => {
      const uid = (await run(await entered(OTHER), 'id -u; echo err >&2', { become: OTHER })).stdout.toString().trim();
      const own = (path: string): boolean => `${statSync(path, { throwIfNoEntry: false })?.uid}` === uid;
      expect(readdirSync(tmpdir()).filter((name) => own(join(tmpdir(), name)))).toEqual([]);
      await eventually(
        () => readdirSync('/proc').every((name) => !/^\d+$/.test(name) || !own(join('/proc', name))),
        'end of all processes',
      );
    });

    it('waits for no daemon, and ends none', async () => {
      const file = join(folder(), 'pid');
      const connection = await entered(ROOT);
      for (const redirected of ['>/dev/null', '2>/dev/null', '']) {
        const startedAt = performance.now();
        const result = await run(connection, `sleep 600 ${redirected} & echo $! >${file}; echo started; echo err >&2`, { become: ROOT });
        expect([result.exitCode, result.stdout.toString(), result.stderr.toString()]).toEqual([0, 'started\n', 'err\n']);
        expect(performance.now() - startedAt).toBeLessThan(2_500);
        const pid = Number(readFileSync(file, 'utf8'));
        await run(connection, 'sleep 0.2', { become: ROOT });
        expect(isRunning(pid)).toBe(true);
        process.kill(pid);
      }
    });

    it('goes on with a script that is past its start when the link is lost', async () => {
      const file = join(folder(), 'done');
      const connection = await entered(ROOT);
      const begun: Buffer[] = [];
      const running = trouble(
        run(connection, `echo begun; sleep 1; : >${file}`, { become: ROOT, onStdout: (chunk) => void begun.push(chunk) }),
      );
      await eventually(() => begun.length > 0, 'start of the script');
      await connection.close();
      expect((await running).phase).toBe('link');
      await eventually(() => existsSync(file), 'end of the script');
    });

    it('says that a wrong password was refused, having sent it once', async () => {
      const log = join(host.folder, 'sudo.log');
      if (method === 'sudo') host.ask('password', ...sudoers, `Defaults logfile=${log}`);
      const error = await trouble(run(await host.connect('not-the-password'), 'id -un', { become: ROOT }));
      expect([error.phase, error.message, error.deadline]).toEqual(['become', `${method} refused the password`, false]);
      expect(error.hint).toContain('the password was sent once only');
      if (method !== 'sudo') return;
      await eventually(() => existsSync(log) && /incorrect password/.test(readFileSync(log, 'utf8')), "sudo's log");
      expect(readFileSync(log, 'utf8')).toMatch(/1 incorrect password attempt\b/);
    });

    it('says at once that a password is wanted and none is known', async () => {
      const connection = await host.connect(null);
      const startedAt = performance.now();
      const error = await trouble(run(connection, 'id -un', { become: ROOT }));
      expect(performance.now() - startedAt).toBeLessThan(1_500);
      expect([error.phase, error.deadline]).toEqual(['become', false]);
      expect(error.message).toMatch(/password/);
      expect(error.hint).toContain('--ask-become-pass');
    });

    it('is not to be had where sshd gives none', async () => {
      const keys = join(host.folder, 'authorized_keys');
      const before = readFileSync(keys, 'utf8');
      writeFileSync(keys, `no-pty ${before}`);
      const error = await trouble(run(await entered(ROOT), ':', { become: ROOT }));
      writeFileSync(keys, before);
      expect([error.phase, error.message]).toEqual(['become', 'the host gives no terminal, which the privilege program needs']);
    });
  });
});
