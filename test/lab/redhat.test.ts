import { describe, expect, test } from 'vitest';
import { BASE_SCRIPT, parseBase } from '../../src/facts/base.ts';
import type { BaseFacts } from '../../src/model/fact.ts';
import type { Run } from '../../src/model/run.ts';
import type { Step } from '../../src/model/step.ts';
import { ini } from '../../src/steps/ini.ts';
import { pkg } from '../../src/steps/package.ts';
import { service } from '../../src/steps/service.ts';
import { applySteps, changesOf, inventoryHosts } from './drive.ts';
import { differences } from './fleet/snapshot.ts';
import { openSsh } from './fleet/ssh-client.ts';
import { apply, expectKept, plannedFields, sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

const HOST = 'el9';
const installed = (...names: string[]): Promise<string> => sh(HOST, `rpm -q ${names.join(' ')} || true`);
const attempt = async (steps: readonly Step[]): Promise<Run> =>
  (await applySteps(await inventoryHosts(lab(), [HOST]), () => steps)).applied;
const transactions = async (): Promise<number> => Number(await sh(HOST, "dnf -q history list 2>/dev/null | grep -c '^ *[0-9]' || true"));
const upToDate = (names: readonly string[]): Step => pkg({ names, state: 'latest' });

/** systemd, dnf and rpm are real; they are Debian's builds, and the packages' programs are stubs. */
describeLab('on the Red Hat-like host (package manager and systemd real, packages stubs)', () => {
  test('the base facts are those of Rocky Linux 9: family redhat, dnf, systemd; NetworkManager once it runs', async () => {
    expect(await baseFacts()).toMatchObject({
      os: { family: 'redhat', id: 'rocky', idLike: ['rhel', 'centos', 'fedora'], version: '9.4' },
      packageManager: 'dnf',
      init: 'systemd',
      network: 'networkd',
    });
    await sh(HOST, 'dnf -q -y install NetworkManager && systemctl start NetworkManager');
    expect(await baseFacts()).toMatchObject({ network: 'networkmanager' });
    expect(await sh(HOST, 'for c in apt-get dpkg dpkg-query; do command -v $c || echo no $c; done')).toBe(
      'no apt-get\nno dpkg\nno dpkg-query\n',
    );
  });

  describe('packages', () => {
    test('an exact version is kept against an upgrade and a removal, and the newest is what the repository has', async () => {
      await expectKept(HOST, {
        title: '',
        steps: [pkg({ name: 'drover-demo', version: '1.0-1.el9' })],
        look: 'drover-demo; rpm -q drover-demo',
        found: 'drover-demo 1.0\ndrover-demo-1.0-1.el9.noarch\n',
        drifts: [
          ['dnf -q -y upgrade drover-demo', ['version']],
          ['rpm -e drover-demo', ['version']],
        ],
      });
      const { applied } = await apply(HOST, [upToDate(['drover-demo'])]);
      expect(changesOf(applied)).toEqual([[HOST, 'lab/package[drover-demo]', 'version', '1.0-1.el9', '1.1-1.el9']]);
      expect(await installed('drover-demo')).toBe('drover-demo-1.1-1.el9.noarch\n');
      expect(await plannedFields(HOST, [upToDate(['drover-demo']), pkg({ name: 'drover-demo' })])).toEqual([]);
    });

    test('several are one transaction, also with one that is taken back to an older version', async () => {
      const before = await transactions();
      const steps = [
        pkg({ names: ['drover-demo-extra', 'parted'] }),
        pkg({ name: 'ipmitool' }),
        pkg({ name: 'drover-demo', version: '1.0-1.el9' }),
      ];
      await apply(HOST, steps);
      expect(await installed('drover-demo', 'drover-demo-extra', 'parted', 'ipmitool')).toBe(
        'drover-demo-1.0-1.el9.noarch\ndrover-demo-extra-1.0-1.el9.noarch\nparted-3.5-1.el9.noarch\nipmitool-1.8.18-1.el9.noarch\n',
      );
      expect(await transactions()).toBe(before + 1);
      expect(await plannedFields(HOST, steps)).toEqual([]);
    });

    test('what others need is not taken along, unless it is named', async () => {
      const refused = await attempt([pkg({ name: 'drover-demo', state: 'absent' })]);
      expect(refused.hosts[0]?.steps[0]).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('drover-demo-extra') });
      expect(await installed('drover-demo')).toBe('drover-demo-1.0-1.el9.noarch\n');
      const steps = [pkg({ names: ['drover-demo', 'drover-demo-extra', 'parted'], state: 'absent' })];
      await apply(HOST, steps);
      expect(await installed('drover-demo', 'parted')).toBe('package drover-demo is not installed\npackage parted is not installed\n');
      expect(await plannedFields(HOST, steps)).toEqual([]);
    });

    test('one whose installation fails is a failed step with the reason, and one that does not exist too', async () => {
      const broken = await attempt([pkg({ name: 'drover-demo-broken' })]);
      expect(broken.hosts[0]?.steps[0]).toMatchObject({ outcome: 'failed', failure: { output: expect.stringContaining('always fails') } });
      expect(await installed('drover-demo-broken')).toBe('package drover-demo-broken is not installed\n');
      const missing = await attempt([pkg({ name: 'drover-no-such' })]);
      expect(missing.hosts[0]?.steps[0]).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('drover-no-such') });
    });

    test('a plan writes nothing, not even dnf’s logs', async () => {
      await sh(HOST, 'dnf -q -y install drover-demo-1.0');
      const before = await lab().snapshot(HOST);
      expect(await plannedFields(HOST, [pkg({ name: 'nginx' }), upToDate(['drover-demo', 'drover-no-such'])])).toEqual([
        'version',
        'version of drover-demo',
        'version of drover-no-such',
      ]);
      const after = differences(before, await lab().snapshot(HOST));
      // The memory that readers of rpm's database share, and the time of a folder in which dnf's lock came and went.
      expect(after.filter((line) => !/^(\/var\/lib\/rpm\/rpmdb\.sqlite-shm|\/var\/cache\/dnf): /.test(line))).toEqual([]);
      expect(await sh(HOST, 'ls -A /dev/shm')).toBe('');
    });
  });

  test('a package, its file in /etc/sysconfig and its service, which the package itself neither enables nor starts', async () => {
    await sh(HOST, 'dnf -q -y install keepalived');
    expect(await sh(HOST, 'systemctl is-enabled keepalived; systemctl is-active keepalived; true')).toBe('disabled\ninactive\n');
    await sh(HOST, 'dnf -q -y remove keepalived');
    await expectKept(HOST, {
      title: '',
      steps: [
        pkg({ name: 'keepalived' }),
        ini({ path: '/etc/sysconfig/keepalived', key: 'KEEPALIVED_OPTIONS', value: '"-D -P"' }),
        service({ name: 'keepalived', state: 'running', enabled: true }),
      ],
      look: 'systemctl is-enabled keepalived; systemctl is-active keepalived; cat /etc/sysconfig/keepalived',
      found: 'enabled\nactive\nKEEPALIVED_OPTIONS="-D -P"\n',
      drifts: [
        ['systemctl disable --now keepalived', ['enabled', 'active']],
        ['systemctl stop keepalived', ['active']],
        [`echo 'KEEPALIVED_OPTIONS="-D"' >/etc/sysconfig/keepalived`, ['KEEPALIVED_OPTIONS', 'content']],
      ],
    });
  });

  test('the stubs of the mail packages behave where roles look: sockets, users, postconf', async () => {
    await sh(HOST, 'dnf -q -y install spamass-milter-postfix && systemctl start postfix spamassassin spamass-milter');
    const socket = '/run/spamass-milter/postfix/sock';
    expect(await sh(HOST, `until [ -S ${socket} ]; do sleep 0.05; done; stat -c '%U:%G %a' ${socket}`)).toBe('sa-milt:postfix 660\n');
    expect(await sh(HOST, `postconf -e 'smtpd_milters = unix:${socket}' && postconf smtpd_milters && postconf -h inet_interfaces`)).toBe(
      `smtpd_milters = unix:${socket}\nlocalhost\n`,
    );
    expect(await sh(HOST, 'ps -o user= -C spamd')).toBe('root\n');
  });

  test('the stub of grubby keeps the arguments of the kernels', async () => {
    await sh(HOST, 'dnf -q -y install grubby && grubby --update-kernel=ALL --args="a=1 b" --remove-args=quiet');
    await sh(HOST, 'grubby --update-kernel=ALL --args=a=2 --remove-args=b');
    expect(await sh(HOST, 'grubby --info=ALL | grep ^args')).toBe('args="ro crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M a=2"\n'.repeat(2));
  });
}, [HOST]);

/** What drover’s own script and parser say, over the OpenSSH client. */
async function baseFacts(): Promise<BaseFacts> {
  const { stdout } = await openSsh(lab(), lab().host(HOST), BASE_SCRIPT.text);
  return parseBase(Buffer.from(stdout));
}
