import { describe, expect, it } from 'vitest';
import { ANY, type BaseFacts, type ServiceFact } from '../../src/model/fact.ts';
import { type ServiceOptions, service } from '../../src/steps/service.ts';
import { testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const base: BaseFacts = { ...testBase(false), init: 'systemd' };
const up: ServiceFact = { load: 'loaded', active: 'active', enabled: 'enabled', needsReload: false, invocation: 'i1', ends: false };
const down: ServiceFact = { ...up, active: 'inactive', enabled: 'disabled', invocation: '' };
const plan = (options: Omit<ServiceOptions, 'name'>, now: ServiceFact, on = base) =>
  planOn(service({ name: 'nginx', ...options }), { 'service nginx.service': now }, on);
const unit = (verb: string): object => ({ kind: 'unit', verb, name: 'nginx.service' });

describe('service steps that have nothing to do', () => {
  it.each<[string, Omit<ServiceOptions, 'name'>, ServiceFact]>([
    ['running and enabled', { state: 'running', enabled: true }, up],
    ['stopped and disabled', { state: 'stopped', enabled: false }, down],
    ['stopped, having failed', { state: 'stopped' }, { ...down, active: 'failed' }],
    ['not to be enabled, and static', { enabled: false }, { ...up, enabled: 'static' }],
    ['not to be enabled, and linked', { enabled: false }, { ...up, enabled: 'linked' }],
    ['masked', { masked: true }, { ...down, load: 'masked', enabled: 'masked' }],
    ['masked and to be stopped', { state: 'stopped', enabled: false }, { ...down, load: 'masked', enabled: 'masked' }],
    ['not to be masked', { masked: false }, up],
    ['not to be masked, and not there', { masked: false }, { ...down, load: 'not-found', enabled: '' }],
    ['running with a stale unit file', { state: 'running' }, { ...up, needsReload: true }],
  ])('%s', (_title, options, now) => {
    expect(plan(options, now)).toEqual({ result: 'ok' });
  });
});

describe('service steps', () => {
  it('enables and starts, field by field', () => {
    expect(plan({ state: 'running', enabled: true }, down)).toEqual({
      result: 'change',
      changes: [
        { field: 'enabled', before: 'disabled', after: 'enabled' },
        { field: 'active', before: 'inactive', after: 'active' },
      ],
      predicted: [{ kind: 'service', key: 'nginx.service', value: { ...up, invocation: ANY } }],
      actions: [unit('enable'), unit('start')],
    });
  });

  it.each<[string, Omit<ServiceOptions, 'name'>, ServiceFact, object]>([
    [
      'starts what has failed',
      { state: 'running' },
      { ...down, active: 'failed' },
      { changes: [{ field: 'active', before: 'failed', after: 'active' }], actions: [unit('start')] },
    ],
    ['stops', { state: 'stopped' }, up, { changes: [{ field: 'active', before: 'active', after: 'inactive' }], actions: [unit('stop')] }],
    ['stops what is masked and still runs', { state: 'stopped' }, { ...up, load: 'masked' }, { actions: [unit('stop')] }],
    [
      'disables',
      { enabled: false },
      up,
      { changes: [{ field: 'enabled', before: 'enabled', after: 'disabled' }], actions: [unit('disable')] },
    ],
    [
      'makes an enablement until reboot last',
      { enabled: true },
      { ...up, enabled: 'enabled-runtime' },
      { changes: [{ field: 'enabled', before: 'enabled-runtime', after: 'enabled' }] },
    ],
    [
      'masks what is not even there',
      { masked: true },
      { ...down, load: 'not-found', enabled: '' },
      { changes: [{ field: 'masked', before: false, after: true }], actions: [unit('mask')] },
    ],
    [
      'unmasks before it starts',
      { masked: false, state: 'running' },
      { ...down, load: 'masked', enabled: 'masked' },
      { actions: [unit('unmask'), unit('start')] },
    ],
    [
      'restarts what runs',
      { state: 'restarted' },
      up,
      {
        changes: [{ field: 'restarted', before: false, after: true }],
        predicted: [{ value: { active: 'active', invocation: ANY } }],
        actions: [unit('restart')],
      },
    ],
    [
      'restarts a oneshot, which then is over',
      { state: 'restarted' },
      { ...down, ends: true },
      { predicted: [{ value: { active: 'inactive' } }], actions: [unit('restart')] },
    ],
    ['reloads what runs, as the same invocation', { state: 'reloaded' }, up, { predicted: [{ value: up }], actions: [unit('reload')] }],
    ['starts for reloaded what does not run', { state: 'reloaded' }, down, { actions: [unit('start')] }],
    [
      'reads the unit file before it restarts',
      { state: 'restarted' },
      { ...up, needsReload: true },
      { predicted: [{ value: { needsReload: false } }], actions: [{ kind: 'daemonReload' }, unit('restart')] },
    ],
    [
      'foresees nothing of a passing state',
      { enabled: true },
      { ...down, active: 'other' },
      { predicted: [{ value: { active: ANY, enabled: 'enabled' } }] },
    ],
  ])('%s', (_title, options, now, expected) => {
    expect(plan(options, now)).toMatchObject({ result: 'change', ...expected });
  });

  it.each<[string, Omit<ServiceOptions, 'name'>, ServiceFact, string]>([
    ['a unit that is not there', { state: 'running' }, { ...down, load: 'not-found' }, 'no unit nginx.service on this host'],
    [
      'a unit that cannot be loaded',
      { state: 'running' },
      { ...down, load: 'other' },
      'systemd cannot load nginx.service; see systemctl status nginx.service',
    ],
    [
      'a masked unit',
      { state: 'running' },
      { ...down, load: 'masked' },
      'nginx.service is masked: somebody keeps it from being started; systemctl unmask nginx.service, or masked: false in the step',
    ],
    [
      'a unit without [Install]',
      { enabled: true },
      { ...up, enabled: 'static' },
      'nginx.service cannot be enabled: its unit has no [Install] section; it is started by what needs it',
    ],
    [
      'a generated unit',
      { enabled: true },
      { ...up, enabled: 'generated' },
      'nginx.service cannot be enabled: it is generated from other configuration; change that',
    ],
    [
      'a oneshot that should run',
      { state: 'running' },
      { ...down, ends: true },
      'nginx.service is a oneshot without RemainAfterExit: it ends by itself and is never found running; run it from a timer or a handler',
    ],
  ])('refuses %s', (_title, options, now, reason) => {
    expect(plan(options, now)).toEqual({ result: 'refused', reason });
  });

  it('refuses to mask where there is no systemd', () => {
    expect(plan({ masked: true }, up, { ...base, init: 'sysv' })).toEqual({ result: 'refused', reason: 'masking needs systemd' });
  });

  it('gives a name its type, so that nginx and nginx.service are one fact', () => {
    expect(service({ name: 'nginx', state: 'running' }).reads).toEqual(service({ name: 'nginx.service', state: 'running' }).reads);
    expect(service({ name: 'fstrim.timer', enabled: true }).subject).toBe('fstrim.timer');
    expect(service({ name: 'php8.2-fpm', enabled: true }).subject).toBe('php8.2-fpm.service');
  });

  it.each<[ServiceOptions, string]>([
    [{ name: 'nginx' }, 'service: say state, enabled or masked of nginx.service'],
    [{ name: '-now', state: 'running' }, 'is not the name of a unit'],
    [{ name: 'a b', state: 'running' }, 'is not the name of a unit'],
    [{ name: 'a\nb', state: 'running' }, 'is not the name of a unit'],
    [{ name: 'ünit', state: 'running' }, 'is not the name of a unit'],
    [{ name: 'nap@', state: 'running' }, 'service: nap@.service is a template; name an instance, such as nap@NAME.service'],
    [{ name: 'a', state: 'started' as 'running' }, "must be 'running', 'stopped', 'restarted' or 'reloaded'"],
    [{ name: 'a', masked: true, enabled: true }, 'service: a.service cannot be masked and enabled or started as well'],
  ])('does not take %j', (options, message) => {
    expect(() => service(options)).toThrow(message);
  });
});
