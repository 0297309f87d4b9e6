import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileAction } from '../../src/actions/compile.ts';
import type { Action } from '../../src/model/action.ts';
import { ANY } from '../../src/model/fact.ts';
import { type IpvsFact, NO_SERVICE } from '../../src/model/ipvs-fact.ts';
import type { StepPlan } from '../../src/model/step.ts';
import { type IpvsServerStateOptions, ipvsServer } from '../../src/steps/ipvs-server.ts';
import { ipvsService } from '../../src/steps/ipvs-service.ts';
import { hosts, scratchDirectory, testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const base = testBase(false);
const service = { protocol: 'tcp', address: '192.0.2.80', port: 25 } as const;
const KEY = 'tcp 192.0.2.80:25';
const server = { address: '192.0.2.51', port: 25, method: 'tun', weight: 3 } as const;
const other = { address: '192.0.2.52', port: 25, method: 'nat', weight: 1 } as const;
const there: IpvsFact = {
  exists: true,
  scheduler: 'wlc',
  persistentSec: 60,
  servers: [server, other],
  connections: { '192.0.2.51:25': { active: 4, inactive: 1 }, '192.0.2.52:25': { active: 9, inactive: 0 } },
  table: [],
};
const quiet: IpvsFact = { ...there, connections: { ...there.connections, '192.0.2.51:25': { active: 0, inactive: 7 } } };
const out = (fact: IpvsFact): IpvsFact => ({ ...fact, servers: [{ ...server, weight: 0 }, other] });
const drained = { deadlineMs: 60_000 };
const plan = (options: Partial<IpvsServerStateOptions>, now: IpvsFact, table: readonly string[] = [KEY]): StepPlan =>
  planOn(
    ipvsServer({ ...service, server: '192.0.2.51', weight: 0, ...options }),
    { [`ipvs ${KEY}`]: now, 'ipvs table': { ...NO_SERVICE, table } },
    base,
  );
const weightOnly = { kind: 'setIpvsWeight', service, server: { ...server, weight: 0 } };
const wait = { kind: 'drainIpvsServer', service, address: '192.0.2.51', port: 25, deadlineMs: 60_000, ifNotDrained: 'fail' };
const unknown = { active: ANY, inactive: ANY };

describe('a real server of a virtual service', () => {
  it.each<[string, Partial<IpvsServerStateOptions>, IpvsFact]>([
    ['with its weight, whatever its connections', { weight: 3 }, there],
    ['without weight and with connections, where nobody asks for drained', {}, out(there)],
    ['drained', { drained }, out(quiet)],
  ])('has nothing to do: %s', (_title, options, now) => {
    expect(plan(options, now)).toEqual({ result: 'ok' });
  });

  it('gets its weight, and the rest stays as it is', () => {
    expect(plan({}, there)).toEqual({
      result: 'change',
      changes: [{ field: 'weight', before: 3, after: 0 }],
      predicted: [
        { kind: 'ipvs', key: KEY, value: { ...out(there), connections: { '192.0.2.51:25': unknown, '192.0.2.52:25': unknown } } },
      ],
      actions: [weightOnly],
    });
    expect(plan({ weight: 5 }, out(there))).toMatchObject({
      changes: [{ field: 'weight', before: 0, after: 5 }],
      actions: [{ kind: 'setIpvsWeight', server: { ...server, weight: 5 } }],
    });
  });

  it('is drained: its connections are shown, and waited for', () => {
    const connections = { '192.0.2.51:25': { active: 0, inactive: ANY }, '192.0.2.52:25': unknown };
    expect(plan({ drained }, there)).toEqual({
      result: 'change',
      changes: [
        { field: 'weight', before: 3, after: 0 },
        { field: 'active connections', before: 4, after: 0 },
      ],
      predicted: [{ kind: 'ipvs', key: KEY, value: { ...out(there), connections } }],
      actions: [weightOnly, wait],
    });
  });

  it('that has none just now is waited for as well: some may come before the weight counts', () => {
    expect(plan({ drained }, quiet)).toMatchObject({ changes: [{ field: 'weight' }], actions: [weightOnly, wait] });
  });

  it('without weight already is only waited for', () => {
    expect(plan({ drained }, out(there))).toMatchObject({
      changes: [{ field: 'active connections', before: 4, after: 0 }],
      actions: [wait],
    });
  });

  it('that need not be drained in the end says so, and promises nothing', () => {
    expect(plan({ drained: { deadlineMs: 5_000, ifNotDrained: 'go-on' } }, out(there))).toMatchObject({
      changes: [{ field: 'active connections', before: 4, after: '0, or as many as are left after 5 s' }],
      predicted: [{ value: { connections: { '192.0.2.51:25': unknown } } }],
      actions: [{ ...wait, deadlineMs: 5_000, ifNotDrained: 'go-on' }],
    });
  });

  it('is waited for where a step before it has just set the service', () => {
    const before = planOn(
      ipvsService({ ...service, servers: [{ address: '192.0.2.51', method: 'dr', weight: 0 }] }),
      { [`ipvs ${KEY}`]: NO_SERVICE },
      base,
    );
    const predicted = before.result === 'change' ? before.predicted[0] : undefined;
    expect(predicted?.kind === 'ipvs' && plan({ drained }, predicted.value as IpvsFact)).toMatchObject({
      changes: [{ field: 'active connections', before: null, after: 0 }],
      actions: [wait],
    });
  });

  it.each<[Partial<IpvsServerStateOptions>, IpvsFact, readonly string[], string]>([
    [{}, NO_SERVICE, [], 'there is no virtual service tcp 192.0.2.80:25; there is none'],
    [
      {},
      NO_SERVICE,
      ['tcp 192.0.2.80:80', 'udp 192.0.2.80:25'],
      'service tcp 192.0.2.80:25; there are tcp 192.0.2.80:80, udp 192.0.2.80:25',
    ],
    [{ server: '192.0.2.5' }, there, [KEY], 'has no real server 192.0.2.5:25; there are 192.0.2.51:25, 192.0.2.52:25'],
    [{ serverPort: 26 }, { ...there, servers: [server] }, [KEY], 'has no real server 192.0.2.51:26; there is 192.0.2.51:25'],
  ])('is refused where it is not there: %j', (options, now, table, reason) => {
    expect(plan(options, now, table)).toEqual({ result: 'refused', reason: expect.stringContaining(reason) });
  });

  it('is named in one way however an IPv6 address is written', () => {
    expect(ipvsServer({ ...service, address: '2001:DB8::0:80', server: '2001:db8:0::51', weight: 1 }).subject).toBe(
      'tcp [2001:db8::80]:25 [2001:db8::51]:25',
    );
  });

  it.each<[object, string]>([
    [{ protocol: 'sctp' }, "ipvsServer: protocol \"sctp\" must be 'tcp' or 'udp'"],
    [{ address: '192.0.2.80; id' }, 'ipvsServer: "192.0.2.80; id" must be an IPv4 or IPv6 address'],
    [{ server: '$HOME' }, 'ipvsServer: "$HOME" must be an IPv4 or IPv6 address'],
    [{ serverPort: 0 }, 'ipvsServer: port 0 of 192.0.2.51 must be 1 to 65535'],
    [{ weight: -1 }, 'weight -1 of 192.0.2.51:25 must be 0 to 65535'],
    [{ weight: 1, drained }, 'drained goes with weight 0, not 1'],
    [{ protocol: 'udp', drained }, 'drained goes with tcp'],
    [{ drained: { deadlineMs: 0 } }, 'deadlineMs 0 must be more than 0'],
    [{ drained: { deadlineMs: 1, ifNotDrained: 'kill' } }, "ifNotDrained \"kill\" must be 'fail' or 'go-on'"],
  ])('does not take %j', (options, message) => {
    expect(() => ipvsServer({ ...service, server: '192.0.2.51', weight: 0, ...options } as IpvsServerStateOptions)).toThrow(message);
  });
});

/** What ipvsadm 1.31 prints, by its arguments; the active connections become one fewer at every look, from `$ACTIVE`. */
const fake = (file: string): string => `
ipvsadm() {
  case "$*" in
    *--thresholds*) printf '%s\\n' 'TCP  192.0.2.80:25 wlc' '  -> 192.0.2.51:25                10         5          0          0' '  -> 192.0.2.5:25                 7          6          0          0' ;;
    -L*)
      read -r n <${file}; [ "$n" = 0 ] || echo $((n - 1)) >${file}
      printf '%s\\n' 'TCP  192.0.2.80:25 wlc' '  -> 192.0.2.5:25                 Route   1      99         0' "  -> 192.0.2.51:25                Tunnel  0      $n          3" ;;
    *) echo "$*" ;;
  esac
}
`;

describe.each(hosts)('carried out on $name with the words of ipvsadm', (host) => {
  const write = (action: Action, active: number): { exitCode: number; output: string } => {
    const file = join(scratchDirectory(), 'left');
    const events = host.write([action], (text) => `echo ${active} >${file}${fake(file)}${text}\nrm -f ${file}`);
    const end = events.at(-1);
    return end?.kind === 'end' ? { exitCode: end.exitCode, output: end.output.toString() } : { exitCode: -1, output: '' };
  };
  const drain = { ...wait, kind: 'drainIpvsServer', service, ifNotDrained: 'fail' } as const;

  it('keeps method and thresholds beside the weight', () => {
    expect(write({ kind: 'setIpvsWeight', service, server: { ...server, weight: 0 } }, 0)).toEqual({
      exitCode: 0,
      output: '-e -t 192.0.2.80:25 -r 192.0.2.51:25 -i -w 0 -x 10 -y 5\n',
    });
    expect(write({ kind: 'setIpvsWeight', service, server: other }, 0).output).toBe('-e -t 192.0.2.80:25 -r 192.0.2.52:25 -m -w 1\n');
  });

  it('waits for the last connection of this server', () => {
    expect(write(drain, 2)).toEqual({ exitCode: 0, output: '' });
  });

  it('fails at the deadline with what is left, or goes on', () => {
    const late = 'waited 0.5 s for the end of the connections of 192.0.2.51:25; last seen: 98 active';
    expect(write({ ...drain, deadlineMs: 500 }, 99)).toEqual({ exitCode: 1, output: `${late}\n` });
    expect(write({ ...drain, deadlineMs: 500, ifNotDrained: 'go-on' }, 99)).toEqual({ exitCode: 0, output: `${late}; going on\n` });
  });

  it('does not take a server that is gone for one that is drained', () => {
    expect(write({ ...drain, address: '192.0.2.59', deadlineMs: 100 }, 0)).toMatchObject({ exitCode: 1 });
  });

  it('has a deadline beyond that of the wait', () => {
    expect(compileAction({ ...drain, deadlineMs: 3_600_000 }, base).deadlineMs).toBeGreaterThan(3_600_000);
  });
});
