import { spawn, spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { functionalNeed } from '../../../roles/rngd-tpm/checks.ts';
import role from '../../../roles/rngd-tpm/role.ts';
import type { BaseFacts } from '../../../src/model/fact.ts';
import type { RoleSteps } from '../../../src/model/role.ts';
import type { Step, StepPlan } from '../../../src/model/step.ts';
import { platformProblem } from '../../../src/plan/assemble.ts';
import { hosts } from '../../steps/support/host.ts';
import { planOn, viewOf } from '../../steps/support/view.ts';
import { named, PLATFORMS, planWith, wants } from '../cases.ts';

const HOST = { name: 'metal', groups: [], vars: {} };

function stepsOn(facts: BaseFacts, params: object = {}): Exclude<RoleSteps, { refused: string }> {
  const made = role.steps({ params: role.params.parse(params), facts, host: HOST, allow: { reboot: false, disconnect: false } });
  if ('refused' in made) throw new Error(made.refused);
  return made;
}

const CURRENT = '/sys/class/misc/hw_random/rng_current';
const RC_LOCAL = `line /etc/rc.d/rc.local echo tpm-rng >${CURRENT}`;
const DROP_IN = 'systemdUnit rngd.service.d/rngd-tpm.conf';
/** rng-tools5 conflicts with them, and their init scripts would start its rngd once more. */
const WITHOUT_RIVALS = ['package rng-tools-debian,rng-tools', 'absent /etc/init.d/rng-tools-debian', 'absent /etc/init.d/rng-tools'];
const select = (source: string): string => `ExecStartPre=/bin/sh -c 'echo ${source} >${CURRENT}'`;

describe('rngd-tpm on Debian', () => {
  test('looks for a TPM and its source first, selects it, then configures rngd', () => {
    const { steps, handlers, proofs = [] } = stepsOn(PLATFORMS.debian12);
    expect(named(steps)).toEqual([
      'command TPM',
      'command source tpm-rng-0',
      `sysfs ${CURRENT}`,
      ...WITHOUT_RIVALS,
      'package rng-tools5',
      DROP_IN,
      'service rngd.service',
    ]);
    expect(wants(steps, DROP_IN)).toBe(`[Service]\n${select('tpm-rng-0')}\nExecStart=\nExecStart=/usr/sbin/rngd -f -r /dev/hwrng -n 1\n`);
    expect(wants(steps, `sysfs ${CURRENT}`, 'value')).toBe('tpm-rng-0');
    expect(wants(steps, 'service rngd.service', 'enabled')).toBe(true);
    expect(steps.find(({ kind }) => kind === 'systemdUnit')?.notify).toEqual(['restart rngd']);
    expect(Object.keys(handlers ?? {})).toEqual(['restart rngd']);
    expect(named(proofs)).toEqual(['verify rngd reads /dev/hwrng', 'verify the kernel reads tpm-rng-0', 'verify FIPS 140-2 on 10 blocks']);
  });

  test('every parameter reaches the command line', () => {
    const { steps, proofs = [] } = stepsOn(PLATFORMS.debian12, {
      device: '/dev/hwrng1',
      selectHwrng: '',
      directTpm: true,
      disableDrng: true,
      fipsBlocks: 2,
    });
    expect(named(steps)).toEqual([
      'command TPM',
      'command TPM 1.2',
      ...WITHOUT_RIVALS,
      'package rng-tools5',
      DROP_IN,
      'service rngd.service',
    ]);
    expect(wants(steps, DROP_IN)).toBe('[Service]\nExecStart=\nExecStart=/usr/sbin/rngd -f -r /dev/hwrng1 -d 1\n');
    expect(named(proofs)).toEqual(['verify rngd reads /dev/hwrng1', 'verify FIPS 140-2 on 2 blocks']);
  });
});

describe('rngd-tpm on Red Hat', () => {
  test('9: options in sysconfig, the source selected by a drop-in', () => {
    const { steps } = stepsOn(PLATFORMS.redhat9, { disableDrng: true });
    expect(named(steps)).toEqual([
      'command TPM',
      'command source tpm-rng-0',
      `sysfs ${CURRENT}`,
      'package rng-tools',
      'ini /etc/sysconfig/rngd RNGD_ARGS',
      DROP_IN,
      'service rngd.service',
    ]);
    expect(wants(steps, 'ini /etc/sysconfig/rngd RNGD_ARGS', 'RNGD_ARGS')).toBe(
      '--fill-watermark=0 -x pkcs11 -x nist -x qrypt -x namedpipe -x jitter -x tpm -x rdrand -r /dev/hwrng -D daemon:daemon',
    );
    expect(wants(steps, DROP_IN)).toBe(`[Service]\n${select('tpm-rng-0')}\n`);
  });

  test('8: without the sources that its rngd does not know', () => {
    expect(wants(stepsOn(PLATFORMS.redhat8).steps, 'ini /etc/sysconfig/rngd RNGD_ARGS', 'RNGD_ARGS')).toBe(
      '--fill-watermark=0 -x pkcs11 -x nist -x tpm -r /dev/hwrng -D daemon:daemon',
    );
  });

  test('talking to the TPM itself is asked for: the source tpm is off by default', () => {
    expect(wants(stepsOn(PLATFORMS.redhat9, { directTpm: true }).steps, 'ini /etc/sysconfig/rngd RNGD_ARGS', 'RNGD_ARGS')).toBe(
      '--fill-watermark=0 -x pkcs11 -x nist -x qrypt -x namedpipe -x jitter -n tpm -r /dev/hwrng -D daemon:daemon',
    );
  });

  test('without a source to select there is no drop-in', () => {
    expect(named(stepsOn(PLATFORMS.redhat9, { selectHwrng: '' }).steps)).not.toContain(DROP_IN);
  });

  test('CentOS 6: the module, the source in rc.local, EXTRAOPTIONS', () => {
    const { steps } = stepsOn({ ...PLATFORMS.centos6, kernel: { ...PLATFORMS.centos6.kernel, release: '2.6.32-754.el6.x86_64' } });
    expect(named(steps)).toEqual([
      'command TPM',
      'kernelModule tpm_rng',
      'command select tpm-rng',
      RC_LOCAL,
      'package rng-tools',
      'ini /etc/sysconfig/rngd EXTRAOPTIONS',
      'service rngd.service',
    ]);
    expect(wants(steps, RC_LOCAL, 'line')).toBe(`echo tpm-rng >${CURRENT}`);
    expect(wants(steps, 'ini /etc/sysconfig/rngd EXTRAOPTIONS', 'EXTRAOPTIONS')).toBe('-r /dev/hwrng -n 1');
  });

  test.each([
    ['redhat7', PLATFORMS.redhat7],
    ['centos5', PLATFORMS.centos5],
  ] as const)('%s is refused by name', (_name, facts) => {
    expect(platformProblem(role, facts)).toMatch(
      /^role rngd-tpm does not support .*; it supports debian 11 or newer with systemd, redhat 8/,
    );
  });
});

test.each([
  ['2.6.32-754.el6.x86_64', 'Linux 2.6.32-754.el6.x86_64 blocks readers of /dev/random when its pool is low'],
  ['5.5.9', 'blocks readers'],
  ['5.6.0', 'once it is seeded: rngd seeds it earlier'],
  ['5.18.1', 'once it is seeded and needs 256 bits'],
  ['6.1.0-31-amd64', 'once it is seeded and needs 256 bits'],
])('what it is good for on Linux %s', (release, said) => {
  expect(functionalNeed(release)).toContain(said);
});

test.each([
  ['4.15.0-213-generic', 'tpm-rng'],
  ['4.16.0', 'tpm-rng-0'],
  ['6.1.0-31-amd64', 'tpm-rng-0'],
])('on Linux %s the generator of the TPM is called %s', (release, source) => {
  const { steps } = stepsOn({ ...PLATFORMS.debian12, kernel: { ...PLATFORMS.debian12.kernel, release } });
  expect(named(steps)).toContain(`command source ${source}`);
});

test.each([
  ['fipsBlocks: »0', 'fipsBlocks'],
  ['fipsBlocks: »1.5', 'fipsBlocks'],
  ['device: »hwrng', 'must be a device such as /dev/hwrng'],
  ['device: »"/dev/x;reboot"', 'must be a device such as /dev/hwrng'],
  ['selectHwrng: »"x $(reboot)"', 'must be a name as /sys/class/misc/hw_random/rng_available has it'],
  ['directTpm: »auto', 'directTpm'],
  ['»disableRdrand: true', 'disableRdrand'],
])('a wrong parameter is refused at its place: %s', async (marked, said) => {
  const found = await planWith(`- hosts: all\n  roles:\n    - role: rngd-tpm\n      params:\n        ${marked}\n`);
  expect(found.code).toBe(5);
  expect(found.said).toContain(found.place);
  expect(found.said).toContain(said);
});

/** The checks' own lines of sh, with the host's files in a folder of the test. */
describe.each(hosts)('what the checks say, on $name', (host) => {
  const [tpm, source] = stepsOn(PLATFORMS.debian12, {}).steps;
  const [, , tpm12] = stepsOn(PLATFORMS.debian12, { directTpm: true }).steps;

  function planned(step: Step | undefined, setup: string): StepPlan {
    const key = step?.reads[0]?.key ?? '';
    const root = spawnSync('mktemp', ['-d'], { encoding: 'utf8' }).stdout.trim();
    spawnSync('sh', ['-euc', setup], { cwd: root });
    const inside = key.replaceAll('/dev/tpm', `${root}/dev/tpm`).replaceAll('/sys/', `${root}/sys/`);
    const guard = host.read([{ kind: 'guard', key: inside }]).get(`guard ${inside}`);
    spawnSync('rm', ['-r', root]);
    if (step === undefined || guard?.state !== 'known') throw new Error(JSON.stringify(guard));
    return planOn(step, { [`guard ${key}`]: guard.value }, host.base);
  }

  test('a TPM is found by its device, and noted with what it is good for', () => {
    const plan = planned(tpm, 'mkdir dev; ln -s /dev/null dev/tpm0');
    expect(plan).toMatchObject({ result: 'ok', note: expect.stringMatching(/dev\/tpm0: Linux 6\.1\.0 never blocks/) });
  });

  test.each([
    ['nothing', 'mkdir dev', 'this host has no TPM, or it is disabled'],
    ['a file of that name', 'mkdir dev; touch dev/tpm0', 'this host has no TPM'],
    ['a TPM of the machine outside', 'mkdir -p dev sys/class/tpm/tpm0', 'cannot use the TPM that its kernel knows'],
  ])('%s is no TPM', (_title, setup, reason) => {
    expect(planned(tpm, setup)).toEqual({ result: 'refused', reason: expect.stringContaining(reason) });
  });

  test('the kernel must have the source', () => {
    const having = (names: string): string => `mkdir -p sys/class/misc/hw_random; echo '${names}' >sys/class/misc/hw_random/rng_available`;
    expect(planned(source, having('virtio_rng.0 tpm-rng-0'))).toEqual({ result: 'ok' });
    expect(planned(source, having('virtio_rng.0 tpm-rng-01'))).toEqual({
      result: 'refused',
      reason: expect.stringMatching(
        /no random numbers of tpm-rng-0 \(.*has: virtio_rng\.0 tpm-rng-01\); it was built without CONFIG_HW_RANDOM_TPM, or/,
      ),
    });
    expect(planned(source, 'mkdir sys')).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('has: nothing); it was built'),
    });
    const [, other] = stepsOn(PLATFORMS.debian12, { selectHwrng: 'virtio_rng.0' }).steps;
    expect(planned(other, having('tpm-rng-0'))).toMatchObject({ result: 'refused', reason: expect.stringMatching(/has: tpm-rng-0\)$/) });
  });

  test.each([
    ['tpm_version_major 1', 'mkdir -p sys/class/tpm/tpm0; echo 1 >sys/class/tpm/tpm0/tpm_version_major', 'ok'],
    ['caps, on an older kernel', 'mkdir -p sys/class/misc/tpm0/device; touch sys/class/misc/tpm0/device/caps', 'ok'],
    ['tpm_version_major 2', 'mkdir -p sys/class/tpm/tpm0; echo 2 >sys/class/tpm/tpm0/tpm_version_major', 'refused'],
  ])('%s tells the version', (_title, setup, result) => {
    expect(planned(tpm12, setup).result).toBe(result);
  });

  /** `rngtest` of the test: takes what it is asked for, and fails as many times as the file `bad` has lines. */
  const RNGTEST = `#!/bin/sh
cd "\${0%/*}"
wc -c >>took
[ -s bad ] || exit 0
sed -i 1d bad
echo 'rngtest: FIPS 140-2 failures: 1'
exit 1
`;

  test.each([
    ['holds', 0, 'ok', 1],
    ['holds when blocks fail once, as perfect numbers sometimes do', 1, 'ok', 2],
    ['does not hold when they fail again', 2, 'change', 2],
  ])('the test of random numbers %s', (_title, failures, result, runs) => {
    const root = mkdtempSync(join(tmpdir(), 'drover-rngtest-'));
    writeFileSync(join(root, 'rngtest'), RNGTEST, { mode: 0o755 });
    writeFileSync(join(root, 'bad'), 'bad\n'.repeat(failures));
    const step = stepsOn(PLATFORMS.debian12, { fipsBlocks: 3, device: '/dev/zero' }).proofs?.at(-1);
    if (step === undefined) throw new Error('no proof');
    const facts = host.read(step.reads, (text) => `PATH=${root}:$PATH\n${text}`);
    const plan = step.plan(viewOf(facts, host.base));
    expect(plan).toMatchObject({ result });
    if (result === 'change') expect(plan).toMatchObject({ changes: [{ before: 'exit status 1: rngtest: FIPS 140-2 failures: 1' }] });
    expect(readFileSync(join(root, 'took'), 'utf8').trim().split(/\s+/)).toEqual(Array.from({ length: runs }, () => '7504'));
    rmSync(root, { recursive: true });
  });

  // All that the role supports have the timeout of coreutils, which ends all that it started.
  test.skipIf(host.name === 'busybox')('a TPM that is too slow for so many blocks is said to be, before the deadline of the read', () => {
    const root = mkdtempSync(join(tmpdir(), 'drover-rngtest-'));
    // A minute in a second.
    writeFileSync(join(root, 'timeout'), '#!/bin/sh\necho "$1" >"${0%/*}/limit"\nshift\nexec /usr/bin/timeout 1 "$@"\n', { mode: 0o755 });
    writeFileSync(join(root, 'rngtest'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    const step = stepsOn(PLATFORMS.debian12, { fipsBlocks: 3, device: '/dev/zero' }).proofs?.at(-1);
    if (step === undefined) throw new Error('no proof');
    const plan = step.plan(
      viewOf(
        host.read(step.reads, (text) => `PATH=${root}:$PATH\n${text}`),
        host.base,
      ),
    );
    expect(plan).toMatchObject({
      changes: [
        {
          before: expect.stringMatching(/^exit status 124: \/dev\/zero did not give 3 blocks of 2500 bytes in 40 s; set fipsBlocks lower$/),
        },
      ],
    });
    expect(readFileSync(join(root, 'limit'), 'utf8')).toBe('40\n');
    rmSync(root, { recursive: true });
  });

  test('rngd must have opened the device', () => {
    const root = mkdtempSync(join(tmpdir(), 'drover-rngd-'));
    copyFileSync('/bin/sleep', join(root, 'rngd'));
    const [step] = stepsOn(PLATFORMS.debian12, { device: '/dev/full' }).proofs ?? [];
    if (step === undefined) throw new Error('no proof');
    const look = (): StepPlan => step.plan(viewOf(host.read(step.reads), host.base));
    expect(look()).toMatchObject({ changes: [{ before: expect.stringContaining('rngd') }] });
    const device = openSync('/dev/full', 'r');
    const daemon = spawn(join(root, 'rngd'), ['60'], { stdio: [device, 'ignore', 'ignore'] });
    closeSync(device);
    try {
      expect(look()).toEqual({ result: 'ok' });
    } finally {
      daemon.kill();
      rmSync(root, { recursive: true });
    }
  });
});
