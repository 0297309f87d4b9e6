import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SysctlSetting } from '../../src/model/fact.ts';
import { sysctlPath } from '../../src/shell/sysctl.ts';
import { contentOf } from '../../src/steps/content.ts';
import { type SysctlOptions, sysctl } from '../../src/steps/sysctl.ts';
import { hosts, scratchDirectory, testBase } from './support/host.ts';
import { type Literals, planOn } from './support/view.ts';

const KEY = 'net.ipv4.ip_forward';
const FILE = '/etc/sysctl.d/60-drover.conf';
const owned = { mode: '0644', owner: 'root', group: 'root' };
const dir = { type: 'directory', ...owned, mode: '0755' } as const;
const base = testBase(false);

function plan(options: Partial<SysctlOptions>, { live = '0', text = null as string | null, settings = [] as SysctlSetting[] }) {
  const step = sysctl({ key: KEY, value: '1', ...options });
  const now = text === null ? ({ type: 'absent' } as const) : ({ type: 'file', ...owned, content: contentOf(text) } as const);
  const facts: Literals = { [`sysctl ${KEY}`]: { value: live, settings }, [`file ${FILE}`]: now, 'file /etc/sysctl.d': dir };
  return planOn(step, facts, base);
}

describe('a kernel parameter', () => {
  test('is right when it is live and in the file', () => {
    expect(plan({}, { live: '1', text: `a=1\n${KEY} = 1\n` })).toEqual({ result: 'ok' });
    expect(plan({}, { live: '1', text: '-net/ipv4/ip_forward=1' })).toEqual({ result: 'ok' });
    expect(plan({ file: null }, { live: '1' })).toEqual({ result: 'ok' });
  });

  test('shows live and persistent as fields', () => {
    expect(plan({}, { text: 'a = 1\n' })).toMatchObject({
      changes: [
        { field: 'live', before: '0', after: '1' },
        { field: 'persistent', before: null, after: '1' },
        { field: 'content', after: contentOf(Uint8Array.from(Buffer.from(`a = 1\n${KEY} = 1\n`))) },
      ],
      actions: [
        { kind: 'setSysctl', key: KEY, value: '1' },
        { kind: 'writeFile', path: FILE },
      ],
    });
  });

  test('is set in its last line; the others go', () => {
    expect(plan({}, { live: '1', text: `${KEY}=0\n# x\n${KEY} = 2\n` })).toMatchObject({
      changes: [
        { field: 'persistent', before: '2', after: '1' },
        { field: 'content', after: { digest: contentOf(`# x\n${KEY} = 1\n`).digest } },
      ],
    });
  });

  test('is refused where the kernel does not have it', () => {
    const step = sysctl({ key: KEY, value: 1, file: null });
    expect(planOn(step, { [`sysctl ${KEY}`]: { value: null } }, base)).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('no parameter'),
    });
  });

  test.each([
    ['a later file', { file: '/usr/lib/sysctl.d/99-x.conf', value: '0' }, 'refused'],
    ['sysctl.conf', { file: '/etc/sysctl.conf', value: '0' }, 'refused'],
    ['an earlier file', { file: '/usr/lib/sysctl.d/10-x.conf', value: '0' }, 'ok'],
    ['a later file that agrees', { file: '/etc/sysctl.d/99-x.conf', value: '1' }, 'ok'],
  ])('%s decides whether it outlasts a reboot', (_, setting, result) => {
    const found = { live: '1', text: `${KEY} = 1\n`, settings: [{ file: FILE, value: '1' }, setting] };
    expect(plan({}, found).result).toBe(result);
    expect(plan({ overridden: 'accept' }, found).result).toBe('ok');
  });

  test('takes both notations of a name, and folds white space', () => {
    expect(sysctl({ key: 'net/ipv4/conf/eth0.100/rp_filter', value: 1 }).subject).toBe('net.ipv4.conf.eth0/100.rp_filter');
    expect(sysctlPath('net.ipv4.conf.eth0/100.rp_filter')).toBe('/proc/sys/net/ipv4/conf/eth0.100/rp_filter');
    expect(sysctl({ key: 'net.ipv4.tcp_rmem', value: ' 4096\t87380  6291456' }).wants[0]).toEqual({
      field: 'live',
      after: '4096 87380 6291456',
    });
  });

  test.each([
    [{ key: '' }, /no name/],
    [{ key: '../x' }, /no name/],
    [{ key: 'net..x' }, /no name/],
    [{ key: 'net.x y' }, /no name/],
    [{ value: '' }, /one line/],
    [{ value: 'a\nb' }, /one line/],
    [{ file: '/etc/sysctl.d/x' }, /\.conf/],
    [{ file: 'x.conf' }, /absolute/],
  ])('wrong arguments %j are refused', (options, message) => {
    expect(() => sysctl({ key: KEY, value: '1', ...options })).toThrow(message);
  });
});

const LIVE = ['net.ipv4.ip_default_ttl', 'vm.swappiness'].find((key) => existsSync(sysctlPath(key))) ?? '';
const canWrite = ((): boolean => {
  try {
    writeFileSync(sysctlPath(LIVE), readFileSync(sysctlPath(LIVE)));
    return true;
  } catch {
    return false;
  }
})();

describe.each(hosts)('kernel parameters on $name', (host) => {
  const root = scratchDirectory();

  test('are read, several at once, with white space folded', () => {
    const facts = host.read([LIVE, 'net.ipv4.tcp_rmem', 'no.such.key', 'kernel.hostname'].map((key) => ({ kind: 'sysctl', key })));
    expect(facts.get(`sysctl ${LIVE}`)).toMatchObject({ state: 'known', value: { value: readFileSync(sysctlPath(LIVE), 'utf8').trim() } });
    expect(facts.get('sysctl no.such.key')).toMatchObject({ value: { value: null } });
    if (existsSync(sysctlPath('net.ipv4.tcp_rmem')))
      expect(facts.get('sysctl net.ipv4.tcp_rmem')).toMatchObject({ value: { value: expect.stringMatching(/^\d+ \d+ \d+$/) } });
  });

  test.runIf(canWrite)('are set live and in a file', () => {
    const before = readFileSync(sysctlPath(LIVE), 'utf8').trim();
    const other = before === '63' ? '64' : '63';
    try {
      const step = sysctl({ key: LIVE, value: other, file: join(root, '61-x y.conf'), overridden: 'accept' });
      expect(host.apply(step)).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
      expect(readFileSync(sysctlPath(LIVE), 'utf8').trim()).toBe(other);
      expect(readFileSync(join(root, '61-x y.conf'), 'utf8')).toBe(`${LIVE} = ${other}\n`);
      expect(host.apply(step).plan).toEqual({ result: 'ok' });
      expect(host.write([{ kind: 'setSysctl', key: LIVE, value: 'nonsense' }])[1]).toMatchObject({ exitCode: 1 });
    } finally {
      writeFileSync(sysctlPath(LIVE), before);
    }
  });
});
