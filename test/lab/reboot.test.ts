import { expect, test } from 'vitest';
import { file } from '../../src/steps/file.ts';
import { pkg } from '../../src/steps/package.ts';
import { reboot } from '../../src/steps/reboot.ts';
import { verify } from '../../src/steps/verify.ts';
import { applySteps, failures, inventoryHosts, planSteps } from './drive.ts';
import { apply, plannedFields, sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

describeLab('a reboot', () => {
  const bootId = (name: string): Promise<string> => sh(name, 'cat /proc/sys/kernel/random/boot_id');
  const required = 'touch /run/reboot-required; echo linux-image >/run/reboot-required.pkgs';

  test('is done where the system requires it, waited for, and what comes behind it runs in the new boot', async () => {
    await Promise.all(['web01', 'web02', 'db01'].map((name) => sh(name, required)));
    const before = await Promise.all(['web01', 'web02', 'db01', 'db02'].map(bootId));
    const steps = [
      reboot({ allowed: true, because: 'the kernel was upgraded' }),
      file({ path: '/etc/after-boot', content: 'x\n' }),
      verify({ command: 'systemctl is-active ssh.service' }),
    ];
    const hosts = await inventoryHosts(lab(), ['web01', 'web02', 'db01', 'db02']);
    const { plan, applied } = await applySteps(hosts, () => steps);
    expect(failures(applied)).toEqual([]);
    expect(plan.hosts.map((host) => host.steps[0]?.outcome)).toEqual(['changed', 'changed', 'changed', 'ok']);
    const after = await Promise.all(['web01', 'web02', 'db01', 'db02'].map(bootId));
    expect(after.map((id, index) => id !== before[index])).toEqual([true, true, true, false]);
    // systemd makes its socket when it boots: the file is younger.
    expect(await sh('web01', '[ /etc/after-boot -nt /run/systemd/notify ] && [ ! -e /run/reboot-required ] && echo younger')).toBe(
      'younger\n',
    );
    expect(await plannedFields('web01', steps)).toEqual([]);
  });

  test('that is not allowed leaves the host up, and the plan says why', async () => {
    await sh('web03', required);
    const before = await bootId('web03');
    const planned = await planSteps(await inventoryHosts(lab(), ['web03']), () => [reboot({ allowed: false })]);
    expect(planned.plan.hosts[0]?.steps[0]).toMatchObject({
      outcome: 'skipped',
      reason: 'a reboot is required: the system says so; the play does not allow it (allow: [reboot])',
    });
    expect((await planned.apply()).exitCode).toBe(0);
    expect(await bootId('web03')).toBe(before);
  });

  test('behind a package is decided when the package is there', async () => {
    const before = await bootId('db03');
    await apply('db03', [pkg({ name: 'drover-demo' }), reboot({ allowed: true })]);
    expect(await bootId('db03')).toBe(before);
  });

  test('of a host that does not come back ends by its deadline, and the report says so', async () => {
    await sh('db04', `${required}; systemctl disable ssh.service ssh.socket 2>/dev/null; systemctl is-enabled ssh.service || :`);
    const { applied } = await applySteps(await inventoryHosts(lab(), ['db04']), () => [reboot({ allowed: true, deadlineMs: 8_000 })]);
    expect(applied.hosts[0]).toMatchObject({ outcome: 'failed' });
    expect(applied.hosts[0]?.steps[0]?.reason).toMatch(/^the host did not come back within 8 s of its reboot: /);
  });
}, ['web01', 'web02', 'web03', 'db01', 'db02', 'db03', 'db04']);
