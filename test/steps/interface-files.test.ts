import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isContent } from '../../src/model/content.ts';
import type { FactKind, FactValues } from '../../src/model/fact.ts';
import type { Step } from '../../src/model/step.ts';
import { contentOf } from '../../src/steps/content.ts';
import { type InterfaceFilesOptions, interfaceFiles } from '../../src/steps/interface-files.ts';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot } from '../actions/support/private-root.ts';
import { testBase } from './support/host.ts';
import { viewOf } from './support/view.ts';

const TUNNEL: InterfaceFilesOptions = {
  system: 'networkd',
  name: 'sit1',
  type: 'tunnel',
  tunnel: { local: '192.0.2.2', remote: '192.0.2.1', ttl: 64, mtu: 1280 },
  addresses: [{ address: '2001:DB8:7a::2/64' }, { address: '2001:db8:feed::1/128' }],
  routes: [{ to: '::/0', source: '2001:db8:feed::1', metric: 1024 }],
  comment: 'role ipv6-tunnel',
};
const LO: InterfaceFilesOptions = {
  system: 'networkd',
  name: 'lo',
  type: 'loopback',
  id: 'lo0-vip',
  addresses: [
    { address: '192.0.2.80/32', label: 'lo:0' },
    { address: '192.0.2.81/32', label: 'lo:1' },
  ],
  comment: 'role lo0-vip',
};
const MORE: InterfaceFilesOptions = {
  system: 'networkd',
  name: 'eth0',
  type: 'ethernet',
  id: 'extra',
  addresses: [{ address: '198.51.100.7/24', label: 'eth0:1' }],
  routes: [{ to: '203.0.113.0/24', via: '198.51.100.1' }],
};
const DIRECTORY: FactValues['file'] = { type: 'directory', mode: '0755', owner: 'root', group: 'root' };

/** `path mode` → text of every file that the steps would write where none of them is yet, but those given. */
function written(steps: readonly Step[], there: Readonly<Record<string, string>> = {}): Record<string, string> {
  const files = new Map(Object.entries(there));
  for (const step of steps.filter(({ kind }) => kind !== 'command')) {
    const view = viewOf(new Map(), testBase(false));
    const get = <K extends FactKind>(_kind: K, path: string): FactValues[K] => {
      const text = files.get(path);
      const absent = steps.some((each) => (each.kind === 'file' || each.kind === 'line') && each.subject.split(' ')[0] === path);
      const owned = { mode: '0644', owner: 'root', group: 'root' };
      const fact = text !== undefined ? { type: 'file', ...owned, content: contentOf(text) } : absent ? { type: 'absent' } : DIRECTORY;
      return fact as FactValues[K];
    };
    const plan = step.plan({ ...view, get });
    if (plan.result === 'refused') throw new Error(plan.reason);
    if (plan.result !== 'change' || step.kind === 'directory') continue;
    const content = plan.changes.find(({ field }) => field === 'content')?.after;
    const path = step.subject.split(' ')[0] ?? '';
    if (isContent(content)) files.set(path, Buffer.from(content.bytes ?? []).toString());
  }
  return Object.fromEntries([...files].filter(([path, text]) => there[path] !== text));
}

describe('files of a sit tunnel', () => {
  it('are a .netdev and a .network for systemd-networkd', () => {
    expect(written(interfaceFiles(TUNNEL))).toEqual({
      '/etc/systemd/network/60-sit1.netdev': `# role ipv6-tunnel
[NetDev]
Name=sit1
Kind=sit
MTUBytes=1280

[Tunnel]
Local=192.0.2.2
Remote=192.0.2.1
TTL=64
Independent=yes
`,
      '/etc/systemd/network/60-sit1.network': `# role ipv6-tunnel
[Match]
Name=sit1

[Network]
IPv6AcceptRA=no

[Address]
Address=2001:db8:7a::2/64

[Address]
Address=2001:db8:feed::1/128

[Route]
Destination=::/0
PreferredSource=2001:db8:feed::1
Metric=1024
`,
    });
  });

  it('are a stanza for ifupdown, which takes the place of a tunnel that is there, and a line that reads it', () => {
    expect(written(interfaceFiles({ ...TUNNEL, system: 'ifupdown' }), { '/etc/network/interfaces': 'auto lo\n' })).toEqual({
      '/etc/network/interfaces.d/sit1': `# role ipv6-tunnel

auto sit1
iface sit1 inet6 v4tunnel
    pre-up ip tunnel del $IFACE 2>/dev/null || true
    address 2001:db8:7a::2/64
    endpoint 192.0.2.1
    local 192.0.2.2
    ttl 64
    mtu 1280
    up ip -6 addr replace 2001:db8:feed::1/128 dev $IFACE nodad
    up ip -6 route replace ::/0 dev $IFACE metric 1024 src 2001:db8:feed::1
`,
      '/etc/network/interfaces': 'auto lo\nsource /etc/network/interfaces.d/*\n',
    });
  });

  it('put one line in place of another that reads the folder', () => {
    const there = { '/etc/network/interfaces': 'source-directory interfaces.d\n' };
    expect(written(interfaceFiles({ ...TUNNEL, system: 'ifupdown' }), there)).toMatchObject({
      '/etc/network/interfaces': 'source /etc/network/interfaces.d/*\n',
    });
  });

  it('are a profile for NetworkManager that is root’s alone', () => {
    const steps = interfaceFiles({ ...TUNNEL, system: 'networkmanager' });
    expect(steps.map(({ wants }) => wants)).toMatchObject([expect.arrayContaining([{ field: 'mode', after: '0600' }]), []]);
    expect(written(steps)).toEqual({
      '/etc/NetworkManager/system-connections/sit1.nmconnection': `# role ipv6-tunnel
[connection]
id=sit1
type=ip-tunnel
interface-name=sit1
autoconnect=true

[ip-tunnel]
local=192.0.2.2
mode=3
mtu=1280
remote=192.0.2.1
ttl=64

[ipv4]
method=disabled

[ipv6]
address1=2001:db8:7a::2/64
address2=2001:db8:feed::1/128
method=manual
route1=::/0,::,1024
route1_options=src=2001:db8:feed::1
`,
    });
  });

  it('are an ifcfg and a route6 file for network-scripts, and the switch for IPv6', () => {
    expect(
      written(interfaceFiles({ ...TUNNEL, system: 'ifcfg' }), { '/etc/sysconfig/network': 'NETWORKING=yes\nNETWORKING_IPV6=no\n' }),
    ).toEqual({
      '/etc/sysconfig/network': 'NETWORKING=yes\nNETWORKING_IPV6=yes\n',
      '/etc/sysconfig/network-scripts/ifcfg-sit1': `# role ipv6-tunnel
DEVICE=sit1
BOOTPROTO=none
ONBOOT=yes
NM_CONTROLLED=no
IPV6INIT=yes
IPV6TUNNELIPV4=192.0.2.1
IPV6TUNNELIPV4LOCAL=192.0.2.2
IPV6ADDR=2001:db8:7a::2/64
IPV6ADDR_SECONDARIES="2001:db8:feed::1/128"
IPV6_MTU=1280
`,
      '/etc/sysconfig/network-scripts/route6-sit1': '# role ipv6-tunnel\n::/0 dev sit1 metric 1024 src 2001:db8:feed::1\n',
    });
  });

  it('tell network-scripts the type where the name does not', () => {
    const files = written(interfaceFiles({ ...TUNNEL, system: 'ifcfg', name: 'he-ipv6' }), {
      '/etc/sysconfig/network': 'NETWORKING_IPV6=yes\n',
    });
    expect(files['/etc/sysconfig/network-scripts/ifcfg-he-ipv6']).toContain('DEVICE=he-ipv6\nDEVICETYPE=sit\n');
  });

  it('make an address deprecated where the system can', () => {
    const addresses = [{ address: '2001:db8:7a::2/64', deprecated: true }, { address: '2001:db8:feed::1/128' }];
    const text = (system: 'networkd' | 'ifupdown'): string =>
      Object.values(
        written(interfaceFiles({ ...TUNNEL, addresses, system }), { '/etc/network/interfaces': 'source interfaces.d/*\n' }),
      ).join('');
    expect(text('networkd')).toContain('Address=2001:db8:7a::2/64\nPreferredLifetime=0\n\n[Address]\nAddress=2001:db8:feed::1/128\n\n');
    expect(text('ifupdown')).toContain('address 2001:db8:7a::2/64\n    preferred-lifetime 0\n');
    for (const system of ['networkmanager', 'ifcfg'] as const)
      expect(() => interfaceFiles({ ...TUNNEL, addresses, system })).toThrow('an address deprecated (2001:db8:7a::2)');
  });
});

describe('files of further addresses on lo', () => {
  it('are one .network for systemd-networkd', () => {
    expect(written(interfaceFiles(LO))).toEqual({
      '/etc/systemd/network/60-lo0-vip.network':
        '# role lo0-vip\n[Match]\nName=lo\n\n[Address]\nAddress=192.0.2.80/32\nLabel=lo:0\n\n[Address]\nAddress=192.0.2.81/32\nLabel=lo:1\n',
    });
  });

  it('are an alias each for ifupdown', () => {
    const files = written(interfaceFiles({ ...LO, system: 'ifupdown' }), {
      '/etc/network/interfaces': 'source /etc/network/interfaces.d/*\n',
    });
    expect(files).toEqual({
      '/etc/network/interfaces.d/lo0-vip': `# role lo0-vip

auto lo:0
iface lo:0 inet static
    address 192.0.2.80/32
    broadcast 0.0.0.0

auto lo:1
iface lo:1 inet static
    address 192.0.2.81/32
    broadcast 0.0.0.0
`,
    });
  });

  it('are a file each for network-scripts', () => {
    expect(written(interfaceFiles({ ...LO, system: 'ifcfg' }))).toEqual({
      '/etc/sysconfig/network-scripts/ifcfg-lo:0':
        '# role lo0-vip\nDEVICE=lo:0\nBOOTPROTO=static\nONBOOT=yes\nIPADDR=192.0.2.80\nNETMASK=255.255.255.255\n',
      '/etc/sysconfig/network-scripts/ifcfg-lo:1':
        '# role lo0-vip\nDEVICE=lo:1\nBOOTPROTO=static\nONBOOT=yes\nIPADDR=192.0.2.81\nNETMASK=255.255.255.255\n',
    });
  });

  it('are a profile of lo with its own addresses for NetworkManager, which knows no labels', () => {
    const addresses = [{ address: '192.0.2.80/32' }];
    expect(written(interfaceFiles({ ...LO, system: 'networkmanager', addresses }))).toEqual({
      '/etc/NetworkManager/system-connections/lo0-vip.nmconnection': `# role lo0-vip
[connection]
id=lo
type=loopback
interface-name=lo
autoconnect=true

[ipv4]
address1=127.0.0.1/8
address2=192.0.2.80/32
method=manual

[ipv6]
address1=::1/128
method=manual
`,
    });
    expect(() => interfaceFiles({ ...LO, system: 'networkmanager' })).toThrow(
      'a NetworkManager profile cannot give an address a label (lo:0)',
    );
  });
});

describe('files of further addresses on an interface that is configured elsewhere', () => {
  it('are a drop-in for systemd-networkd', () => {
    expect(written(interfaceFiles({ ...MORE, dropInFor: '10-eth0.network' }))).toEqual({
      '/etc/systemd/network/10-eth0.network.d/60-extra.conf':
        '# Written by drover\n[Address]\nAddress=198.51.100.7/24\nLabel=eth0:1\n\n[Route]\nDestination=203.0.113.0/24\nGateway=198.51.100.1\n',
    });
  });

  it('are further stanzas for ifupdown, with the routes in the last', () => {
    const addresses = [...(MORE.addresses ?? []), { address: '2001:db8::7/64' }];
    const files = written(interfaceFiles({ ...MORE, addresses, system: 'ifupdown' }), {
      '/etc/network/interfaces': 'source interfaces.d/*\n',
    });
    expect(files['/etc/network/interfaces.d/extra']).toBe(`# Written by drover

iface eth0 inet static
    address 198.51.100.7/24
    label eth0:1

iface eth0 inet6 static
    address 2001:db8::7/64
    up ip -4 route replace 203.0.113.0/24 via 198.51.100.1 dev $IFACE
`);
  });

  it('are an alias and lines of the route file for network-scripts', () => {
    expect(written(interfaceFiles({ ...MORE, system: 'ifcfg' }))).toEqual({
      '/etc/sysconfig/network-scripts/ifcfg-eth0:1':
        '# Written by drover\nDEVICE=eth0:1\nBOOTPROTO=static\nONBOOT=yes\nIPADDR=198.51.100.7\nNETMASK=255.255.255.0\n',
      '/etc/sysconfig/network-scripts/route-eth0': '203.0.113.0/24 via 198.51.100.1 dev eth0\n',
    });
  });

  it('cannot be for NetworkManager', () => {
    expect(() => interfaceFiles({ ...MORE, system: 'networkmanager' })).toThrow('NetworkManager has one profile for eth0');
  });
});

describe.skipIf(noPrivateRoot !== null)('files of an interface that another file has already', () => {
  let root: PrivateRoot;
  beforeAll(async () => {
    root = await openPrivateRoot();
  });
  afterAll(() => root.close());

  it.each<[string, InterfaceFilesOptions, string, string, boolean]>([
    ['a stanza by hand', { ...TUNNEL, system: 'ifupdown' }, '/etc/network/interfaces', 'auto sit1\niface sit1 inet6 v4tunnel', true],
    ['one of another interface', { ...TUNNEL, system: 'ifupdown' }, '/etc/network/interfaces', 'iface sit10 inet6 v4tunnel', false],
    ['its own', { ...TUNNEL, system: 'ifupdown' }, '/etc/network/interfaces.d/sit1', 'iface sit1 inet6 v4tunnel', false],
    ['the account’s lo:0', { ...LO, system: 'ifupdown' }, '/etc/network/interfaces.d/vip', '\tiface lo:0 inet static', true],
    ['lo itself', { ...LO, system: 'ifupdown' }, '/etc/network/interfaces', 'auto lo\niface lo inet loopback', false],
    ['netplan’s tunnel', TUNNEL, '/run/systemd/network/10-netplan-sit1.netdev', '[NetDev]\nName=sit1\nKind=sit', true],
    ['addresses on lo', LO, '/etc/systemd/network/lo.network', '[Match]\nName=lo', true],
    ['one for several', LO, '/etc/systemd/network/lo.network', '[Match]\nName=dummy0 lo', true],
    ['one for all', LO, '/etc/systemd/network/99.network', '[Match]\nName=*', false],
    ['the one that is added to', { ...LO, dropInFor: 'lo.network' }, '/etc/systemd/network/lo.network', '[Match]\nName=lo', false],
    ['another profile', { ...TUNNEL, system: 'networkmanager' }, '/etc/NetworkManager/system-connections/a b', 'interface-name=sit1', true],
  ])('is refused with its name, if it would stand against ours: %s', (_title, options, path, text, isRefused) => {
    root.sh(
      `rm -rf /etc/network /etc/systemd/network /run/systemd/network /etc/NetworkManager; mkdir -p "$(dirname '${path}')"; cat >'${path}' <<'END'\n${text}\nEND`,
    );
    const step = interfaceFiles(options).at(-1);
    expect(step?.kind).toBe('command');
    const { plan } = root.apply(step as Step, testBase(false));
    expect(plan).toEqual(isRefused ? { result: 'refused', reason: expect.stringContaining(`${path} has it already`) } : { result: 'ok' });
    root.sh(`rm -f '${path}'`);
  });

  it('adds loopback addresses to the file that is named', () => {
    const [, folder, conf] = interfaceFiles({ ...LO, dropInFor: 'lo.network' });
    expect(folder?.subject).toBe('/etc/systemd/network/lo.network.d');
    expect(conf?.subject).toBe('/etc/systemd/network/lo.network.d/60-lo0-vip.conf');
  });
});

describe('files of an interface', () => {
  it('notify', () => {
    for (const system of ['networkd', 'ifupdown', 'networkmanager', 'ifcfg'] as const) {
      const steps = interfaceFiles({ ...TUNNEL, system, notify: 'reload' });
      expect(steps.filter(({ kind }) => kind !== 'directory' && kind !== 'command').every(({ notify }) => notify[0] === 'reload')).toBe(
        true,
      );
    }
  });

  it.each<[Partial<InterfaceFilesOptions>, string]>([
    [{ name: 'sit 1' }, 'interfaceFiles: "sit 1" is not the name of an interface'],
    [{ name: 'sixteen-letters-' }, 'is not the name of an interface'],
    [{ name: 'sit0' }, 'sit0 is the kernel’s own fallback device'],
    [{ tunnel: undefined }, "tunnel endpoints belong to type 'tunnel', and only to it (type is 'tunnel')"],
    [{ type: 'ethernet' }, "(type is 'ethernet')"],
    [{ name: 'lo' }, "the loopback interface is lo, and no other is (lo, type 'tunnel')"],
    [{ tunnel: { local: '192.0.2.2', remote: '2001:db8::1' } }, 'interfaceFiles: remote "2001:db8::1" is not an IPv4 address'],
    [{ tunnel: { local: '192.0.2.256', remote: '192.0.2.1' } }, 'interfaceFiles: local "192.0.2.256" is not an IPv4 address'],
    [{ tunnel: { local: '192.0.2.2', remote: '192.0.2.1', ttl: 0 } }, 'interfaceFiles: ttl 0 must be a whole number from 1 to 255'],
    [
      { tunnel: { local: '192.0.2.2', remote: '192.0.2.1', mtu: 1279 } },
      'interfaceFiles: mtu 1279 must be a whole number from 1280 to 65535',
    ],
    [{ addresses: [{ address: '2001:db8::1' }] }, 'must be an address with its prefix length'],
    [{ addresses: [{ address: '2001:db8::1/129' }] }, 'must be an address with its prefix length'],
    [{ addresses: [{ address: '2001:db8::1/64\nfoo' }] }, 'must be an address with its prefix length'],
    [{ addresses: [{ address: '192.0.2.1/24' }] }, '192.0.2.1/24: a sit tunnel carries IPv6 only'],
    [{ addresses: [{ address: '2001:db8::1/64', label: 'sit1:1' }] }, 'on an IPv4 address'],
    [{ routes: [{ to: '2001:db8::1/32' }] }, 'has bits behind its prefix; the network is 2001:db8::/32'],
    [{ routes: [{ to: '2001:db8::/32', via: '192.0.2.1' }] }, 'gateway "192.0.2.1" is not an IPv6 address'],
    [{ routes: [{ to: '::/0', metric: -1 }] }, 'metric -1 must be a whole number from 1 to 4294967295'],
    [{ comment: 'a\n[Network]' }, 'must be one line'],
    [{ id: '../sit1' }, 'interfaceFiles: id "../sit1" must be letters, digits'],
    [{ system: 'unknown' as 'networkd' }, 'no files are known for the network system "unknown"'],
    [{ system: 'ifcfg', tunnel: { local: '192.0.2.2', remote: '192.0.2.1', ttl: 32 } }, 'cannot keep a ttl of 32'],
    [{ system: 'ifcfg', tunnel: { local: '192.0.2.2', remote: '192.0.2.1', mtu: 8000 } }, 'an mtu of 8000 would not last'],
    [{ system: 'ifupdown', id: 'a.b' }, 'must not have a dot'],
  ])('do not take %j', (options, message) => {
    expect(() => interfaceFiles({ ...TUNNEL, ...options } as InterfaceFilesOptions)).toThrow(message);
  });

  it.each<[InterfaceFilesOptions, string]>([
    [{ ...LO, addresses: [{ address: '2001:db8::1/128' }] }, 'only IPv4 addresses are kept on lo'],
    [{ ...LO, system: 'ifupdown', addresses: [{ address: '192.0.2.80/32' }] }, 'ifupdown needs a label such as lo:0'],
    [{ ...LO, system: 'ifcfg', addresses: [{ address: '192.0.2.80/32' }] }, 'network-scripts need a label such as lo:0 for 192.0.2.80'],
    [{ ...LO, addresses: [{ address: '192.0.2.80/32', label: 'eth0:0' }] }, 'label "eth0:0" must be lo:TEXT'],
    [{ ...LO, addresses: [{ address: '192.0.2.80/32', deprecated: true }] }, 'only an IPv6 address can be deprecated'],
    [MORE, 'must name the .network file that configures eth0, such as 10-eth0.network'],
    [
      { ...MORE, system: 'ifcfg', addresses: [{ address: '2001:db8::7/64' }] },
      'network-scripts keep further IPv6 addresses in ifcfg-eth0 itself',
    ],
  ])('do not take %#', (options, message) => {
    expect(() => interfaceFiles(options)).toThrow(message);
  });
});
