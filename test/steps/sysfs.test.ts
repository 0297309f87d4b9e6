import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { SysfsFact } from '../../src/model/sysfs-fact.ts';
import { type SysfsOptions, sysfs } from '../../src/steps/sysfs.ts';
import { hosts, testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const PATH = '/sys/block/sdb/queue/scheduler';
const base = testBase(false);
const plan = (options: Partial<SysfsOptions>, now: SysfsFact) =>
  planOn(sysfs({ path: PATH, value: 'none', ...options }), { [`sysfs ${PATH}`]: now }, base);

describe('an attribute of sysfs', () => {
  test.each<[Partial<SysfsOptions>, SysfsFact]>([
    [{}, { value: 'none' }],
    [{}, { value: 'none', choices: ['none', 'mq-deadline'] }],
    [{ value: 4 }, { value: '4' }],
    [{ value: ' a \t b ' }, { value: 'a b' }],
  ])('is right: %j where it is %j', (options, now) => {
    expect(plan(options, now)).toEqual({ result: 'ok' });
  });

  test('is set', () => {
    expect(plan({}, { value: 'mq-deadline', choices: ['none', 'mq-deadline'] })).toEqual({
      result: 'change',
      changes: [{ field: 'value', before: 'mq-deadline', after: 'none' }],
      predicted: [{ kind: 'sysfs', key: PATH, value: { value: 'none' } }],
      actions: [{ kind: 'setSysfs', path: PATH, value: 'none' }],
    });
  });

  test('is refused where the kernel has no such attribute or choice', () => {
    expect(plan({}, { value: null })).toMatchObject({ reason: expect.stringContaining(`the kernel has no attribute ${PATH}`) });
    expect(plan({ value: "it's $x" }, { value: 'a', choices: ['a', 'b'] })).toEqual({
      result: 'refused',
      reason: `${PATH} can be a, b, and not "it's $x"`,
    });
  });

  test.each<[Partial<SysfsOptions>, string]>([
    [{ path: '/proc/sys/vm/swappiness' }, 'sysfs: path "/proc/sys/vm/swappiness" must be below /sys'],
    [{ path: '/sys' }, 'must be below /sys'],
    [{ path: '/sys/../etc/passwd' }, 'must not contain . or ..'],
    [{ path: '/sys//x' }, 'must not contain //'],
    [{ path: '/sys/a\nb' }, 'must be one line'],
    [{ path: 'sys/x' }, 'must be absolute'],
    [{ value: '' }, `sysfs: value "" of ${PATH} must be one line`],
    [{ value: 'a\nb' }, 'must be one line'],
  ])('does not take %j', (options, message) => {
    expect(() => sysfs({ path: PATH, value: 'x', ...options })).toThrow(message);
  });
});

/** An attribute of this machine that may be set to what it is not, and a second value that it takes. */
const CANDIDATES = ['/sys/module/printk/parameters/time', '/sys/module/kernel/parameters/panic', '/sys/kernel/mm/ksm/sleep_millisecs'];
const ATTRIBUTE = CANDIDATES.find((path) => {
  try {
    writeFileSync(path, readFileSync(path));
    return true;
  } catch {
    return false;
  }
});
if (ATTRIBUTE === undefined) console.warn(`left out: setting a real attribute: none of ${CANDIDATES.join(', ')} can be written`);
const CHOICES = '/sys/kernel/mm/transparent_hugepage/enabled';

describe.each(hosts)('attributes of sysfs on $name', (host) => {
  const was = ATTRIBUTE === undefined ? '' : readFileSync(ATTRIBUTE, 'utf8');
  afterAll(() => {
    if (ATTRIBUTE !== undefined) writeFileSync(ATTRIBUTE, was);
  });

  test('are read, several at once', () => {
    const keys = ['/sys/kernel/mm', '/sys/no such', '/sys/it\'s $(id) "there"', '/sys/class/net/lo/mtu', '/sys/class/net/lo/uevent'];
    const facts = host.read(keys.map((key) => ({ kind: 'sysfs', key })));
    expect(keys.map((key) => facts.get(`sysfs ${key}`))).toEqual([
      { state: 'unreadable', reason: 'it is a directory and no attribute' },
      { state: 'known', value: { value: null } },
      { state: 'known', value: { value: null } },
      { state: 'known', value: { value: '65536' } },
      { state: 'known', value: { value: 'INTERFACE=lo IFINDEX=1' } },
    ]);
  });

  test.runIf(existsSync(CHOICES))('with choices have the one in brackets', () => {
    const printed = readFileSync(CHOICES, 'utf8').trim();
    expect(host.read([{ kind: 'sysfs', key: CHOICES }]).get(`sysfs ${CHOICES}`)).toEqual({
      state: 'known',
      value: { value: /\[(.*)\]/.exec(printed)?.[1], choices: printed.replace(/[[\]]/g, '').split(' ') },
    });
  });

  test.runIf(ATTRIBUTE !== undefined)('are set, once, and a refusal of the kernel is a failure', () => {
    const path = String(ATTRIBUTE);
    const now = readFileSync(path, 'utf8').trim();
    const step = sysfs({ path, value: ({ Y: 'N', N: 'Y' } as const)[now] ?? (now === '20' ? '30' : '20') });
    expect(host.apply(step)).toMatchObject({ plan: { result: 'change', changes: [{ before: now }] }, failure: null, broken: [] });
    expect(readFileSync(path, 'utf8').trim()).not.toBe(now);
    expect(host.apply(step).plan).toEqual({ result: 'ok' });
    expect(host.write([{ kind: 'setSysfs', path, value: '?' }])[1]).toMatchObject({ exitCode: 1 });
    const [, gone] = host.write([{ kind: 'setSysfs', path: '/sys/no such', value: '1' }]);
    expect(String(gone?.kind === 'end' ? gone.output : '')).toContain('is not there any more');
  });
});
