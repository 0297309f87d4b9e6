import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daemonReload, unit } from '../../src/actions/unit.ts';
import type { UnitVerb } from '../../src/model/action.ts';
import type { BaseFacts } from '../../src/model/fact.ts';
import { service } from '../../src/steps/service.ts';
import { testBase } from '../steps/support/host.ts';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot } from './support/private-root.ts';

const scriptOf = (verb: UnitVerb, name: string): string => unit({ kind: 'unit', verb, name }, { init: 'systemd' }).script;

describe('unit actions with systemd', () => {
  it.each<[UnitVerb, string, string]>([
    ['enable', 'nginx.service', 'systemctl enable -- nginx.service'],
    ['mask', 'tty@tty1.service', 'systemctl mask -- tty@tty1.service'],
    ['enable', 'a\\x2db.mount', "systemctl enable -- 'a\\x2db.mount'"],
    [
      'start',
      'nginx.service',
      [
        'systemctl start -- nginx.service || { systemctl status --no-pager --full --lines=5 -- nginx.service || :; exit 1; }',
        'if systemctl is-failed --quiet -- nginx.service; then systemctl status --no-pager --full --lines=5 -- nginx.service || :; die nginx.service "failed right after its start"; fi',
      ].join('\n'),
    ],
    [
      'stop',
      'nginx.service',
      'systemctl stop -- nginx.service\nif systemctl is-failed --quiet -- nginx.service; then systemctl reset-failed -- nginx.service; fi',
    ],
  ])('%s of %s', (verb, name, script) => {
    expect(scriptOf(verb, name)).toBe(script);
  });

  it('reloads unit files only where there is systemd', () => {
    expect(daemonReload({ init: 'systemd' }).script).toBe('systemctl daemon-reload');
    expect(daemonReload({ init: 'openrc' }).script).toBe(':');
  });
});

const SCRIPT = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          lamp
# Required-Start:
# Required-Stop:
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
### END INIT INFO
case $1 in
start) : >/run/lamp;;
stop) rm -f /run/lamp;;
restart) "$0" stop; "$0" start; : >/run/lamp-restarted;;
status) [ -e /run/lamp ] || exit 3;;
esac
`;

if (noPrivateRoot !== null) console.warn(`init scripts are not tried for real: ${noPrivateRoot}`);

describe.skipIf(noPrivateRoot !== null)('init scripts on a real root', () => {
  const base: BaseFacts = { ...testBase(false), init: 'sysv' };
  let root: PrivateRoot;
  beforeAll(async () => {
    root = await openPrivateRoot();
    root.sh(`cat >/etc/init.d/lamp <<'END'\n${SCRIPT}END\nchmod 755 /etc/init.d/lamp; mkdir -p /etc/rc2.d`);
  });
  afterAll(() => root.close());

  const converges = (step: ReturnType<typeof service>): void => {
    expect(root.apply(step, base)).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
    expect(root.apply(step, base).plan).toEqual({ result: 'ok' });
  };

  it('starts and enables one', () => {
    converges(service({ name: 'lamp', state: 'running', enabled: true }));
    expect(root.sh('ls /etc/rc2.d').stdout.toString()).toMatch(/S\d\dlamp/);
  });

  it('restarts one at every turn', () => {
    expect(root.apply(service({ name: 'lamp', state: 'restarted' }), base)).toMatchObject({ failure: null, broken: [] });
    expect(root.sh('rm /run/lamp-restarted').code).toBe(0);
  });

  it('stops and disables one', () => {
    converges(service({ name: 'lamp', state: 'stopped', enabled: false }));
  });

  it('refuses one that does not exist, and masking', () => {
    expect(root.apply(service({ name: 'lampp', state: 'running' }), base).plan).toMatchObject({
      reason: 'no unit lampp.service on this host',
    });
    expect(root.apply(service({ name: 'lamp', masked: true }), base).plan).toMatchObject({ reason: 'masking needs systemd' });
  });
});
