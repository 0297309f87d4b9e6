import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test, vi } from 'vitest';
import { run } from './fleet/command.ts';
import { answers, delayRelay, downAddress, fillDisk, hangingSshd, refusedPort } from './fleet/faults.ts';
import { startFleet } from './fleet/fleet.ts';
import { differences } from './fleet/snapshot.ts';
import { openSsh } from './fleet/ssh-client.ts';
import { ASKPASS_PASSWORD, type FleetData } from './fleet/types.ts';
import { describeLab, lab } from './lab.ts';

/** What a fleet has left on this machine, wherever it could leave something. */
async function traces(fleet: FleetData): Promise<string[]> {
  const links = (await run(['ip', '-o', 'link'])).stdout.split('\n').filter((line) => new RegExp(`dl${fleet.number}[@:-]`).test(line));
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`${fleet.directory}/`));
  const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && belongsTo(pid, fleet));
  const groups = ['', 'systemd/', 'unified/'].map((hierarchy) => `/sys/fs/cgroup/${hierarchy}drover-lab-${fleet.number}`);
  const machines = fleet.hosts.map((host) => `/run/systemd/nspawn/propagate/${host.machine}`);
  return [...links, ...mounts, ...processes, ...[...groups, ...machines, fleet.directory].filter((path) => existsSync(path))];
}

function belongsTo(pid: string, fleet: FleetData): boolean {
  try {
    // Ended, and only waiting for this machine's process 1 to take notice.
    if (/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return false;
    return (
      readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`drover-lab-${fleet.number}/`) ||
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${fleet.directory}/`)
    );
  } catch {
    return false;
  }
}

async function heldFleet(): Promise<{ owner: ChildProcess; fleet: FleetData }> {
  const script = new URL('./fleet/hold.ts', import.meta.url).pathname;
  const owner = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: owner.stdout! }).once('line', resolve);
    owner.once('exit', () => reject(new Error('the fleet did not start')));
  });
  return { owner, fleet: JSON.parse(line) as FleetData };
}

describeLab('the lab', () => {
  test('has eight Debian hosts, a busybox host and a Red Hat-like one', () => {
    expect(lab().hosts.map((host) => host.name)).toEqual([
      'web01',
      'web02',
      'web03',
      'web04',
      'db01',
      'db02',
      'db03',
      'db04',
      'busybox',
      'el9',
    ]);
  });

  test('answers on every host under its own name, by the OpenSSH client and by the back door', async () => {
    const fleet = lab();
    for (const host of fleet.hosts) {
      const bySsh = await openSsh(fleet, host, 'hostname');
      expect(bySsh).toEqual({ code: 0, stdout: `${host.name}\n`, stderr: '' });
      expect(await fleet.exec(host.name, ['hostname'])).toEqual(bySsh);
    }
  });

  test('lets root in with the same key', async () => {
    const fleet = lab();
    const result = await openSsh(fleet, { ...fleet.host('web01'), user: 'root' }, 'id -u');
    expect(result.stdout).toBe('0\n');
  });

  test('has one user whose sudo asks for nothing and one whose sudo asks for the password', async () => {
    const fleet = lab();
    const host = fleet.host('web01');
    const askpass = { ...host, user: 'askpass' };
    expect((await openSsh(fleet, host, 'sudo -n id -u')).stdout).toBe('0\n');
    expect((await openSsh(fleet, askpass, 'sudo -n id -u')).code).toBe(1);
    expect((await openSsh(fleet, askpass, 'sudo -S -k -p "" id -u', { input: 'wrong\n' })).code).toBe(1);
    expect((await openSsh(fleet, askpass, 'sudo -S -k -p "" id -u', { input: `${ASKPASS_PASSWORD}\n` })).stdout).toBe('0\n');
  });

  test.each(['bash', 'python3', 'systemctl', 'stat --version', 'sftp-server'])('has no %s on the busybox host', async (command) => {
    const fleet = lab();
    expect((await openSsh(fleet, fleet.host('busybox'), command)).code).not.toBe(0);
  });

  test('has no python3 on the Debian hosts', async () => {
    expect((await lab().exec('web01', ['sh', '-c', 'command -v python3'])).code).not.toBe(0);
  });

  test('gives each host control groups of its own', async () => {
    const fleet = lab();
    const before = await fleet.exec('web02', ['systemctl', 'show', '-p', 'MainPID', 'cron']);
    await fleet.exec('web01', ['systemctl', 'restart', 'cron']);
    const tasks = await fleet.exec('web02', ['cat', '/sys/fs/cgroup/systemd/system.slice/cron.service/cgroup.procs']);
    expect(await fleet.exec('web02', ['systemctl', 'show', '-p', 'MainPID', 'cron'])).toEqual(before);
    if (tasks.code === 0) expect(`MainPID=${tasks.stdout}`).toBe(before.stdout);
  });

  test.each([
    ['web02', 'sudo systemctl reboot'],
    ['busybox', 'reboot'],
  ])('brings %s back after a reboot, with another boot id and the same disk', async (name, command) => {
    const fleet = lab();
    const before = await fleet.bootId(name);
    await fleet.exec(name, ['sh', '-c', 'echo kept >/root/kept']);
    await openSsh(fleet, fleet.host(name), command);
    await fleet.rebooted(name, before);
    expect(await fleet.bootId(name)).not.toBe(before);
    expect((await openSsh(fleet, { ...fleet.host(name), user: 'root' }, 'cat /root/kept')).stdout).toBe('kept\n');
  });

  test.each(['db02', 'busybox'])('powers %s off at once and on again', async (name) => {
    const fleet = lab();
    const host = fleet.host(name);
    await fleet.kill(name);
    expect(() => fleet.leader(name)).toThrow(`${name} is off`);
    expect(await answers(host.address, host.port)).toBe(false);
    await fleet.start(name);
    expect((await openSsh(fleet, host, 'hostname')).stdout).toBe(`${name}\n`);
  });

  test('shows the disk of a host to the test, both ways', async () => {
    const fleet = lab();
    await fleet.exec('db01', ['sh', '-c', 'echo inside >/root/inside']);
    expect(readFileSync(join(fleet.root('db01'), 'root/inside'), 'utf8')).toBe('inside\n');
    writeFileSync(join(fleet.root('db01'), 'root/outside'), 'outside\n');
    expect((await fleet.exec('db01', ['cat', '/root/outside'])).stdout).toBe('outside\n');
  });

  test('installs, upgrades and removes packages without internet', async () => {
    const fleet = lab();
    const apt = (command: string) => openSsh(fleet, fleet.host('db01'), `sudo DEBIAN_FRONTEND=noninteractive apt-get -q -y ${command}`);
    expect(await apt('update')).toMatchObject({ code: 0 });
    expect(await apt('install drover-demo=1.0 drover-demo-extra drover-demo-daemon')).toMatchObject({ code: 0 });
    expect(
      (await openSsh(fleet, fleet.host('db01'), 'drover-demo; systemctl is-active drover-demo-daemon; id -un drover-demo')).stdout,
    ).toBe('drover-demo 1.0\nactive\ndrover-demo\n');
    expect(await apt('install drover-demo')).toMatchObject({ code: 0 });
    expect((await openSsh(fleet, fleet.host('db01'), 'drover-demo')).stdout).toBe('drover-demo 1.1\n');
    expect(await apt('install drover-demo-broken')).toMatchObject({ code: 100 });
    await fleet.reset('db01');
    expect((await openSsh(fleet, fleet.host('db01'), 'drover-demo')).code).toBe(127);
  });

  test.each(['web03', 'busybox', 'el9'])('sees no difference on %s between before and after a mere login', async (name) => {
    const fleet = lab();
    const host = fleet.host(name);
    const before = await fleet.snapshot(name);
    expect((await openSsh(fleet, host, name === 'busybox' ? 'true' : 'sudo -n true')).code).toBe(0);
    expect(differences(before, await fleet.snapshot(name))).toEqual([]);
  });

  test.each([
    [
      'content of the same length and time',
      'cp -p /etc/hostname /tmp/h; echo WEB04 >/etc/hostname; touch -r /tmp/h /etc/hostname; rm /tmp/h',
      '/etc/hostname: ',
    ],
    ['mode', 'chmod 600 /etc/hosts', '/etc/hosts: '],
    ['owner', 'chown 7 /etc/hosts', '/etc/hosts: '],
    ['time', 'touch -d 2001-01-01 /etc/hosts', '/etc/hosts: '],
    ['link target', 'ln -sfn elsewhere /etc/motd-link', '/etc/motd-link: '],
    ['file in memory', 'echo x >/run/x', '/run/x: '],
    ['enabled unit', 'systemctl disable cron', 'unit file cron.service: '],
    ['running unit', 'systemctl stop cron', 'unit cron.service: '],
  ])('sees a difference of one %s', async (_, command, line) => {
    const fleet = lab();
    const before = await fleet.snapshot('web04');
    await fleet.exec('web04', ['sh', '-c', command]);
    expect(differences(before, await fleet.snapshot('web04')).some((each) => each.startsWith(line))).toBe(true);
  });
});

describeLab('the lab’s faults', () => {
  test.each(['web01', 'busybox'])('a full disk on %s refuses to be written to', async (name) => {
    const fleet = lab();
    const full = await fillDisk(fleet, name);
    const write = await fleet.exec(name, ['sh', '-c', `echo x >${full.directory}/file`]);
    await full.release();
    expect(write.code).not.toBe(0);
    expect(write.stderr).toMatch(/No space left on device/);
    expect(await fleet.exec(name, ['sh', '-c', `echo x >${full.directory}/file`])).toMatchObject({ code: 0 });
  });

  test('a nearly full disk takes a small file and refuses a big one', async () => {
    const fleet = lab();
    const full = await fillDisk(fleet, 'web01', { directory: '/srv/nearly', freeBytes: 8192 });
    const small = await fleet.exec('web01', ['sh', '-c', 'echo x >/srv/nearly/small']);
    const big = await fleet.exec('web01', ['sh', '-c', 'head -c 100000 /dev/zero >/srv/nearly/big']);
    await full.release();
    expect(small.code).toBe(0);
    expect(big.stderr).toMatch(/No space left on device/);
  });

  test('a hanging SSH server accepts and says nothing', async () => {
    const hanging = await hangingSshd(lab());
    expect(await answers(hanging.address, hanging.port)).toBe(true);
    const scan = await run(['ssh-keyscan', '-T', '1', '-p', String(hanging.port), hanging.address]);
    await hanging.close();
    expect(scan.stdout).toBe('');
  });

  test('nobody has the address of the host that is down, and nobody listens on the refused port', async () => {
    const fleet = lab();
    const refused = await refusedPort(fleet);
    expect(await answers(downAddress(fleet), 22)).toBe(false);
    expect(await answers(refused.address, refused.port)).toBe(false);
  });

  test('a delayed host answers with strict host keys, later by the delays of the handshakes, and loses no byte', async () => {
    const fleet = lab();
    const relay = await delayRelay(fleet, 'web01', 50);
    const started = performance.now();
    const result = await openSsh(fleet, { ...relay, user: 'drover' }, 'seq 1 20000 | sha256sum; cat | wc -c', {
      input: 'x'.repeat(300_000),
    });
    const took = performance.now() - started;
    await relay.close();
    expect(result.stdout).toBe((await run(['sh', '-c', 'seq 1 20000 | sha256sum; echo 300000'])).stdout);
    // Connecting, version, key exchange, authentication, channel: at least five round trips of 100 ms.
    expect(took).toBeGreaterThan(500);
  });
});

describeLab('a fleet of its own', () => {
  test('leaves nothing on the machine when it is stopped', async () => {
    const fleet = await startFleet({ hosts: 1, busybox: true });
    const during = await traces(fleet);
    await fleet.stop();
    expect(during.length).toBeGreaterThan(8);
    expect(await traces(fleet)).toEqual([]);
    await fleet.stop();
  });

  test('keeps out of the way of another fleet', async () => {
    const fleet = await startFleet({ hosts: 1, busybox: false });
    expect(fleet.number).not.toBe(lab().number);
    expect((await openSsh(fleet, fleet.host('web01'), 'hostname')).stdout).toBe('web01\n');
    await fleet.stop();
    expect((await openSsh(lab(), lab().host('web01'), 'hostname')).stdout).toBe('web01\n');
  });

  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('leaves nothing when its owner ends by %s', async (signal) => {
    const { owner, fleet } = await heldFleet();
    expect((await traces(fleet)).length).toBeGreaterThan(4);
    owner.kill(signal);
    await vi.waitFor(async () => expect(await traces(fleet)).toEqual([]), { timeout: 20_000, interval: 100 });
  });

  test('is cleared by the next start when its guard was killed too', async () => {
    const { owner, fleet } = await heldFleet();
    process.kill(Number(readFileSync(join(fleet.directory, 'guard.pid'), 'utf8')), 'SIGKILL');
    const gone = new Promise((resolve) => owner.once('exit', resolve));
    owner.kill('SIGKILL');
    await gone;
    expect((await traces(fleet)).length).toBeGreaterThan(4);
    const next = await startFleet({ hosts: 0, busybox: false });
    await next.stop();
    expect(await traces(fleet)).toEqual([]);
  });
});
