import { afterAll, beforeAll, expect, test } from 'vitest';
import { readmeExample } from '../roles/readme.ts';
import { cli, lastReport, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

describeLab('upgrade', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  const run = async (command: string, file: string, host: string): Promise<number | null> => {
    const result = await cli(work.path, [command, ...(command === 'apply' ? ['--yes'] : []), file, '-i', lab().inventoryFile, '-l', host]);
    return result.code;
  };
  const changed = async (): Promise<string[]> =>
    (await lastReport(work.path)).hosts.flatMap(({ steps }) => steps.filter(({ outcome }) => outcome === 'changed').map(({ id }) => id));

  beforeAll(async () => {
    const replaced = { 'hosts: web': 'hosts: web01:el9', 'restart: [nginx]': 'restart: [ssh]' };
    const play = readmeExample('upgrade', replaced);
    work = await workspace({ 'debian.yml': play, 'el9.yml': play.replace('[ssh]', '[sshd]') });
  });
  afterAll(() => work.remove());

  test.each([
    ['web01', 'debian.yml', 'apt-get -qq update; apt-get -qq -y install drover-demo=1.0', 'drover-demo 1.1'],
    ['el9', 'el9.yml', 'dnf -q -y install drover-demo-1.0', 'drover-demo 1.1'],
  ])(
    '%s: all packages become the newest, once; named services are restarted; a required reboot is done',
    async (host, file, install, after) => {
      await sh(host, `{ ${install}; } >/dev/null 2>&1; drover-demo`);
      const before = await lab().bootId(host);
      const master = await sh(host, 'systemctl show -p MainPID --value ssh sshd');
      expect(await run('check', file, host)).toBe(3);
      expect(await run('apply', file, host)).toBe(0);
      expect((await changed()).map((id) => id.replace('upgrade/', ''))).toEqual([
        'command[package lists are at most 60 min old]',
        'command[all packages are at their newest version]',
        'handler[restart services]',
      ]);
      expect(await sh(host, 'drover-demo')).toBe(`${after}\n`);
      expect(await sh(host, 'systemctl show -p MainPID --value ssh sshd')).not.toBe(master);
      expect(await lab().bootId(host)).toBe(before);
      expect(await run('check', file, host)).toBe(0);
      if (host !== 'web01') return;
      await sh(host, 'touch /run/reboot-required');
      expect(await run('apply', file, host)).toBe(0);
      expect(await changed()).toEqual(['upgrade/reboot[host]']);
      expect(await lab().bootId(host)).not.toBe(before);
    },
  );
}, ['web01', 'el9']);
