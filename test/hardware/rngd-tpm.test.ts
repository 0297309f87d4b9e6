import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, lastReport, workspace } from '../lab/drive.ts';
import { readmeExample } from '../roles/readme.ts';
import { describeHardware, hardware } from './hardware.ts';
import { CURRENT, DROP_IN, expectRngdInPlace, must, REMOVE_RNGD } from './rngd.ts';

/** What a run says, without its line breaks. */
const said = ({ stdout, stderr }: CliResult): string => `${stdout}${stderr}`.replace(/\s+/g, ' ');

describeHardware('rngd-tpm', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  const run = (command: string, playbook = 'example.yml'): Promise<CliResult> =>
    cli(work.path, [command, ...(command === 'apply' ? ['--yes'] : []), playbook, '-i', hardware().inventoryFile]);
  const play = (hosts: string, params: string): string =>
    `- hosts: ${hosts}\n  become: true\n  roles:\n    - role: rngd-tpm\n      params:\n        ${params}\n`;

  beforeAll(async () => {
    work = await workspace({
      'example.yml': readmeExample('rngd-tpm', {}),
      'container.yml': play('client', 'fipsBlocks: 1'),
      'other-source.yml': play('metal', 'selectHwrng: virtio_rng.0'),
      'direct.yml': play('metal', 'directTpm: true'),
      'wrong.yml': play('metal', 'fipsBlocks: 0'),
    });
  });
  afterAll(async () => {
    await must('metal', `umount ${CURRENT} 2>/dev/null || :; ${REMOVE_RNGD}`);
    await work.remove();
  });

  test('a host without a TPM is refused with the reason, and nothing is begun on it', async () => {
    const apply = await run('apply', 'container.yml');
    expect(apply.code, apply.stdout + apply.stderr).toBe(2);
    expect(said(apply)).toMatch(/this host (has no TPM|cannot use the TPM that its kernel knows)/);
    expect((await hardware().exec('client', ['dpkg', '--status', 'rng-tools5'])).code).not.toBe(0);
    expect((await hardware().exec('client', ['test', '-e', DROP_IN])).code).toBe(1);
  });

  test('so are a source that the kernel does not have, and talking TPM 1.2 to a TPM 2.0', async () => {
    const other = await run('apply', 'other-source.yml');
    expect([other.code, said(other)]).toEqual([2, expect.stringContaining('no random numbers of virtio_rng.0')]);
    expect(said(other)).toContain('rng_available has: tpm-rng-0)');
    const direct = await run('apply', 'direct.yml');
    expect([direct.code, said(direct)]).toEqual([2, expect.stringContaining('rngd can talk to a TPM 1.2 only')]);
    expect((await hardware().exec('metal', ['dpkg', '--status', 'rng-tools5'])).code).not.toBe(0);
  });

  test('a wrong parameter is refused at its place before any host is contacted', async () => {
    const wrong = await run('apply', 'wrong.yml');
    expect(wrong.code).toBe(5);
    expect(wrong.stderr).toMatch(/wrong\.yml:6:21 {2}error parameter-invalid/);
  });

  test('the example of the README: rngd runs and reads the TPM through the kernel', async () => {
    const apply = await run('apply');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await expectRngdInPlace();
    const tested = await must('metal', 'head -c 5004 /dev/hwrng | rngtest -c 2 2>&1');
    expect(tested).toMatch(/FIPS 140-2 successes: [12]\n/);
  });

  test('a second apply changes nothing, and the report says what it is good for', async () => {
    const apply = await run('apply');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    const { hosts } = await lastReport(work.path);
    expect(hosts.map(({ name, outcome }) => [name, outcome])).toEqual([['metal', 'ok']]);
    expect(JSON.stringify(hosts)).toMatch(/\/dev\/tpm0: Linux 6\.1\S* never blocks readers of \/dev\/random once it is seeded/);
  });

  test.each([
    ['a stopped rngd', 'systemctl stop rngd'],
    ['a disabled rngd', 'systemctl disable rngd'],
    ['other options', `sed -i 's/-n 1/-n 0/' ${DROP_IN}; systemctl daemon-reload; systemctl restart rngd || :`],
    ['no drop-in', `rm ${DROP_IN}; systemctl daemon-reload; systemctl restart rngd || :`],
    ['no package', 'apt-get remove -y -q rng-tools5'],
    ['another source', `echo other >/run/other-rng; mount --bind /run/other-rng ${CURRENT}`],
  ])('%s is found and repaired', async (title, drift) => {
    await must('metal', drift);
    expect((await run('check')).code, title).toBe(3);
    const apply = await run('apply');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect((await lastReport(work.path)).hosts.map(({ outcome }) => outcome)).toEqual(['changed']);
    await expectRngdInPlace();
  });
});
