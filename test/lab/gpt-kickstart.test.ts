import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkKickstart } from '../../roles/gpt-kickstart/kickstart-check.ts';
import { cli, lastReport, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

const README = await readFile(new URL('../../roles/gpt-kickstart/README.md', import.meta.url), 'utf8');
const EXAMPLE = /^```yaml\n([\s\S]*?)^```/m.exec(README)?.[1] ?? '';
const SITE = '/etc/nginx/sites-available/gpt-kickstart';
const LINK = '/etc/nginx/sites-enabled/gpt-kickstart';

describeLab('gpt-kickstart on an install host', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  let args: string[];
  let url: string;

  /** The README's example with the lab's addresses. */
  const example = (): string =>
    EXAMPLE.replaceAll('192.0.2.10', lab().host('web01').address).replaceAll('192.0.2.0/24', `10.213.${lab().number}.0/24`);

  beforeAll(async () => {
    const fleet = lab();
    work = await workspace({ 'site.yml': example(), 'install.yml': 'install:\n  hosts: { web01: }\n' });
    args = ['site.yml', '-i', fleet.inventoryFile, '-i', 'install.yml'];
    url = `http://${fleet.host('web01').address}`;
  });
  afterAll(() => work.remove());

  const get = async (path: string): Promise<{ status: number; text: string; type: string | null }> => {
    const response = await fetch(url + path);
    return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
  };
  /** Status line that the host itself gets, which is not in the allowed network: it comes from 127.0.0.1. */
  const fromInside = async (): Promise<string> => {
    const request = `GET /web.ks HTTP/1.0\\r\\nHost: ${lab().host('web01').address}\\r\\n\\r\\n`;
    const ask = `exec 3<>/dev/tcp/127.0.0.1/80; printf '${request}' >&3; head -1 <&3`;
    return (await lab().exec('web01', ['bash', '-c', ask])).stdout;
  };
  const expectServed = async (): Promise<void> => {
    for (const name of ['web.ks', 'web.args']) {
      // nginx answers from its old configuration until its new workers have begun.
      await expect.poll(async () => (await get(`/${name}`)).status, { timeout: 10_000 }).toBe(200);
      const served = await get(`/${name}`);
      expect(served, name).toMatchObject({ status: 200, type: 'text/plain' });
      expect(served.text).toBe(await sh('web01', `cat /srv/kickstart/${name}`));
    }
  };

  test('the README’s example is planned, and the plan changes nothing', async () => {
    const plan = await cli(work.path, ['plan', ...args]);
    expect(plan.code, plan.stdout + plan.stderr).toBe(0);
    expect(plan.stdout).toContain('gpt-kickstart/file[/srv/kickstart/web.ks]');
    expect((await lab().exec('web01', ['ls', '/srv/kickstart'])).code).not.toBe(0);
  });

  test('apply publishes it: what is fetched over HTTP is what is on disk, and passes the check', async () => {
    const apply = await cli(work.path, ['apply', '--yes', ...args]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await expectServed();
    const { text } = await get('/web.ks');
    const parts = [...text.matchAll(/^ {2}echo "(.*\$name)"$/gm)].map(([, line = '']) => line).join('\n');
    expect(checkKickstart(text, { release: 'el9', firmware: 'bios', includes: { parts } })).toEqual([]);
    expect((await get('/web.args')).text).toBe(`inst.ks=${url}/web.ks inst.gpt rd.driver.pre=megaraid_sas modprobe.blacklist=mpt3sas\n`);
    const modes = await sh('web01', "stat -c '%a %U %G %n' /srv/kickstart /srv/kickstart/*");
    expect(modes).toBe(
      '750 root www-data /srv/kickstart\n640 root www-data /srv/kickstart/web.args\n640 root www-data /srv/kickstart/web.ks\n',
    );
  });

  test('nginx lists nothing, and gives nothing to those outside of allowFrom; its other sites stay', async () => {
    expect((await get('/')).status).toBe(403);
    expect((await get('/none.ks')).status).toBe(404);
    expect(await fromInside()).toContain('403');
    const named = `exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET / HTTP/1.0\\r\\nHost: other.example.com\\r\\n\\r\\n' >&3; head -1 <&3`;
    expect((await lab().exec('web01', ['bash', '-c', named])).stdout).toContain('200');
  });

  test('a second apply changes nothing', async () => {
    expect((await cli(work.path, ['apply', '--yes', ...args])).code).toBe(0);
    expect((await lastReport(work.path)).hosts.map(({ name, outcome }) => [name, outcome])).toEqual([['web01', 'ok']]);
    expect((await cli(work.path, ['check', ...args])).code).toBe(0);
  });

  test.each<[string, string]>([
    ['the kickstart’s content', 'echo zerombr >>/srv/kickstart/web.ks'],
    ['a kickstart that is gone', 'rm /srv/kickstart/web.ks'],
    ['the kickstart’s mode', 'chmod 644 /srv/kickstart/web.ks'],
    ['the kickstart’s group', 'chgrp root /srv/kickstart/web.ks'],
    ['the boot arguments', 'echo inst.ks=http://192.0.2.99/ >/srv/kickstart/web.args'],
    ['the boot arguments’ mode', 'chmod 600 /srv/kickstart/web.args'],
    ['the directory’s mode', 'chmod 755 /srv/kickstart'],
    ['the site', `sed -i '/deny all/d' ${SITE} && systemctl reload nginx`],
    ['the site’s mode', `chmod 600 ${SITE}`],
    ['the link', `rm ${LINK} && systemctl reload nginx`],
    ['where the link points', `ln -sfn ${SITE}.old ${LINK}`],
    ['a stopped service', 'systemctl stop nginx'],
    ['a disabled service', 'systemctl disable --quiet nginx'],
    ['the package', 'systemctl stop nginx; dpkg --force-depends --purge nginx >/dev/null 2>&1; ! dpkg -s nginx >/dev/null 2>&1'],
  ])('drift is found by check and repaired by apply: %s', async (_, drift) => {
    await sh('web01', drift);
    const check = await cli(work.path, ['check', ...args]);
    expect(check.code, check.stdout + check.stderr).toBe(3);
    const apply = await cli(work.path, ['apply', '--yes', ...args]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await expectServed();
    expect(await fromInside()).toContain('403');
    expect(await sh('web01', `readlink ${LINK}; systemctl is-active nginx; systemctl is-enabled nginx`)).toBe(`${SITE}\nactive\nenabled\n`);
  });

  test('after all repairs nothing is left to change', async () => {
    expect((await cli(work.path, ['check', ...args])).code).toBe(0);
  });

  test('a second kickstart on the same host stands beside the first, and on another port nginx answers there', async () => {
    const second = example().replace('name: web', 'name: db').replace('release: el9', 'release: el6').replace(', blacklist: [mpt3sas]', '');
    const both = await workspace({
      'site.yml': example() + second.slice(second.indexOf('    - role')),
      'install.yml': 'install:\n  hosts: { web01: }\n',
    });
    const apply = await cli(both.path, ['apply', '--yes', ...args]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await expectServed();
    expect((await get('/db.args')).text).toBe(`ks=${url}/db.ks nostorage driverload=sd_mod:megaraid_sas\n`);
    expect((await get('/db.ks')).text).not.toMatch(/clearpart|biosboot/);
    await both.remove();
    const moved = await workspace({ 'site.yml': `${example()}        port: 8080\n`, 'install.yml': 'install:\n  hosts: { web01: }\n' });
    expect((await cli(moved.path, ['apply', '--yes', ...args])).code).toBe(0);
    const response = await fetch(`${url}:8080/web.ks`);
    expect([response.status, await response.text()]).toEqual([200, await sh('web01', 'cat /srv/kickstart/web.ks')]);
    await moved.remove();
  });

  test('on the Red Hat-like host (stub nginx): the same file below /var/www, the site in conf.d, the service', async () => {
    // The real packages bring both.
    await sh('el9', 'getent group nginx || groupadd -r nginx; mkdir -p /etc/nginx/conf.d');
    const other = await workspace({ 'site.yml': example(), 'install.yml': 'install:\n  hosts: { el9: }\n' });
    const apply = await cli(other.path, ['apply', '--yes', ...args]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(await sh('el9', 'cat /var/www/kickstart/web.ks')).toBe(await sh('web01', 'cat /srv/kickstart/web.ks | sed s/:8080//'));
    expect(await sh('el9', 'stat -c "%a %G" /var/www/kickstart/web.ks; systemctl is-active nginx; systemctl is-enabled nginx')).toBe(
      '640 nginx\nactive\nenabled\n',
    );
    expect(await sh('el9', 'cat /etc/nginx/conf.d/gpt-kickstart.conf')).toContain('root /var/www/kickstart;');
    expect((await cli(other.path, ['check', ...args])).code).toBe(0);
    await sh('el9', 'echo >>/etc/nginx/conf.d/gpt-kickstart.conf');
    expect((await cli(other.path, ['check', ...args])).code).toBe(3);
    expect((await cli(other.path, ['apply', '--yes', ...args])).code).toBe(0);
    expect((await cli(other.path, ['check', ...args])).code).toBe(0);
    await other.remove();
  });

  test('wrong parameters are refused before any host is contacted, each at its place, with the line of body', async () => {
    const wrong = example()
      .replace(/rootPassword: .*/, 'rootPassword: letmein')
      .replace(/disk: .*/, 'disk: { path: /dev/sda }')
      .concat('        body: |\n          selinux --enforcing\n          clearpart --all\n');
    const other = await workspace({ 'wrong.yml': wrong, 'gone.yml': 'install:\n  hosts: { gone.example.com: }\n' });
    const apply = await cli(other.path, ['apply', '--yes', 'wrong.yml', '-i', 'gone.yml']);
    expect(apply.code).toBe(5);
    expect(apply.stderr).toMatch(/wrong\.yml:8:23 {2}error parameter-invalid.*"disk\.path": must be below \/dev\/disk\/by-id/);
    expect(apply.stderr).toMatch(/wrong\.yml:10:23 {2}error parameter-invalid.*must be crypted/);
    expect(apply.stderr).toMatch(/wrong\.yml:14:15 {2}error parameter-invalid.*line 2: clearpart --all would erase/);
    expect(apply.stderr).not.toContain('letmein');
    await other.remove();
    const wipe = await workspace({
      'wipe.yml': `${example()}        onExisting: wipe\n`,
      'gone.yml': 'install:\n  hosts: { gone.example.com: }\n',
    });
    const refused = await cli(wipe.path, ['apply', '--yes', 'wipe.yml', '-i', 'gone.yml']);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toMatch(/wipe\.yml:14:21 {2}error parameter-invalid.*must be one of "abort", "keep", found text "wipe"/);
    await wipe.remove();
  });

  test('a platform that it does not support is refused by name', async () => {
    const small = await workspace({
      'site.yml': example().replace('  become: true\n', ''),
      'install.yml': 'install:\n  hosts: { busybox: }\n',
    });
    const apply = await cli(small.path, ['apply', '--yes', ...args]);
    expect(apply.code).toBe(2);
    expect(apply.stdout.replace(/\s+/g, ' ')).toContain(
      'role gpt-kickstart does not support busybox and dropbear (init none); it supports debian 10 or newer, redhat 7 or newer',
    );
    await small.remove();
  });
}, ['web01', 'busybox', 'el9']);
