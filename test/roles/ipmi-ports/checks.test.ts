import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasInterfaces, hasSensors, knowsParameters, needsNoReboot, needsNoReload, reload } from '../../../roles/ipmi-ports/checks.ts';
import { params } from '../../../roles/ipmi-ports/params.ts';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot } from '../../actions/support/private-root.ts';

const given = (placement = 'auto') => params.parse({ interfaces: [{ type: 'kcs', port: '0xca2' }], placement });

/** /proc, /sys and the module tools of a kernel that loads none: rmmod and modprobe keep /proc/modules, and the port decides what is found. */
const FAKE = `
mount -t tmpfs tmpfs /proc; mount -t tmpfs tmpfs /sys
mkdir -p /proc/ipmi/0 /sys/module /sys/class/ipmi /var/run "/lib/modules/$(uname -r)"
cat >/usr/local/sbin/rmmod <<'END'
#!/bin/sh
echo "rmmod $1" >>/proc/log
[ ! -e "/proc/refuse-$1" ] || exit 1
sed -i "/^$1 /d" /proc/modules
[ "$1" != ipmi_si ] || : >/proc/ipmi/0/params
END
cat >/usr/local/sbin/modprobe <<'END'
#!/bin/sh
echo "modprobe $*" >>/proc/log
echo "$1 1 0 - Live 0x0" >>/proc/modules
[ "$1" != ipmi_si ] || cat /proc/will-find >/proc/ipmi/0/params
END
printf '#!/bin/sh\\ncat /proc/watchdog\\n' >/usr/local/sbin/ipmitool
chmod 755 /usr/local/sbin/rmmod /usr/local/sbin/modprobe /usr/local/sbin/ipmitool
`;

/** What the kernel of a case has: /proc/modules, the interfaces of the driver, the command line. */
interface Kernel {
  readonly modules?: readonly string[];
  readonly has?: string;
  readonly cmdline?: string;
  readonly builtin?: boolean;
  readonly more?: string;
}

const HERE = 'kcs,i/o,0xca2,rsp=1,rsi=1,rsh=0,irq=0,ipmb=32';
const ELSEWHERE = HERE.replace('0xca2', '0xca8');
const BOOTED = 'root=/dev/sda1 ipmi_si.type=kcs ipmi_si.ports=0xca2 quiet';
const SI = 'ipmi_si 1 1 acpi_ipmi, Live 0x0';

describe.skipIf(noPrivateRoot !== null)('checks of ipmi-ports', () => {
  let root: PrivateRoot;
  beforeAll(async () => {
    root = await openPrivateRoot();
    expect(root.sh(FAKE)).toMatchObject({ code: 0, stderr: '' });
  });
  afterAll(() => root.close());
  beforeEach(() => {
    root.sh('rm -rf /proc/log /proc/refuse-* /var/run/drover-ipmi-held /sys/module/ipmi_si /sys/class/ipmi/ipmi0; : >/proc/log');
  });

  const set = ({ modules = [], has = '', cmdline = 'root=/dev/sda1', builtin = false, more = ':' }: Kernel): void => {
    const { code, stderr } = root.sh(`
printf '%s' '${modules.map((line) => `${line}\n`).join('')}' >/proc/modules
echo '${has}' >/proc/ipmi/0/params; echo '${cmdline}' >/proc/cmdline; : >/proc/watchdog
${builtin ? 'mkdir /sys/module/ipmi_si' : ':'}
${more}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  };
  const holds = (script: string, tools: 'all' | 'busybox' = 'all'): boolean => root.sh(script, tools).code === 0;

  test.each<[string, Kernel, { reload?: boolean; reboot?: boolean }, string?]>([
    ['has its interface', { modules: [SI], has: HERE }, {}],
    ['is not loaded', {}, {}],
    ['has another interface', { modules: [SI], has: ELSEWHERE }, { reload: true }],
    ['has none', { modules: [SI] }, { reload: true }],
    ['has none, and its device is open', { modules: [SI, 'ipmi_devintf 1 2 - Live 0x0'] }, { reboot: true }],
    ['has none, and somebody else uses it', { modules: ['ipmi_si 1 1 vendor_agent, Live 0x0'] }, { reboot: true }],
    ['has none, and would not go before', { modules: [SI], more: ': >/var/run/drover-ipmi-held' }, { reboot: true }],
    ['has none, with a watchdog that nothing can have armed', { modules: [SI, 'ipmi_watchdog 1 0 - Live 0x0'] }, { reload: true }],
    [
      'has another, with a watchdog whose timer runs',
      {
        modules: [SI, 'ipmi_watchdog 1 0 - Live 0x0'],
        more: 'mkdir /sys/class/ipmi/ipmi0; echo "Watchdog Timer Is:      Started/Running" >/proc/watchdog',
      },
      { reboot: true },
    ],
    [
      'has another, with a watchdog whose timer is stopped',
      {
        modules: [SI, 'ipmi_watchdog 1 0 - Live 0x0'],
        more: 'mkdir /sys/class/ipmi/ipmi0; echo "Watchdog Timer Is:      Stopped" >/proc/watchdog',
      },
      { reload: true },
    ],
    ['is built in and was booted without parameters', { builtin: true }, { reboot: true }],
    ['is built in and was booted with other parameters', { builtin: true, cmdline: BOOTED.replace('ca2', 'ca8') }, { reboot: true }],
    ['is built in, was booted with them and found nothing', { builtin: true, cmdline: BOOTED }, {}],
    ['is built in and has its interface', { builtin: true, has: HERE }, {}],
    ['is a module, to be told on the command line', { modules: [SI] }, { reload: true }, 'cmdline'],
    ['is a module, to be told on the command line, not loaded', {}, { reload: true }, 'cmdline'],
    ['is a module, to be told on the command line, and in use', { modules: ['ipmi_si 1 1 agent, Live 0x0'] }, { reboot: true }, 'cmdline'],
    ['is a module, told on the command line, not loaded', { cmdline: BOOTED }, { reload: true }, 'cmdline'],
    ['is built in, and booted without what the command line shall have', { builtin: true }, { reboot: true }, 'cmdline'],
  ])('the driver %s', (_title, kernel, { reload: anew = false, reboot = false }, placement) => {
    set(kernel);
    for (const tools of ['all', 'busybox'] as const) {
      // Busybox alone has no ipmitool, which is what the watchdog is asked by.
      if (tools === 'busybox' && kernel.modules?.some((line) => line.startsWith('ipmi_watchdog')) === true) continue;
      expect(holds(needsNoReload(given(placement)), tools), `reload, ${tools}`).toBe(!anew);
      expect(holds(needsNoReboot(given(placement)), tools), `reboot, ${tools}`).toBe(!reboot);
    }
  });

  test('loading anew goes through the users of the driver in order and puts them back', () => {
    set({
      modules: [SI, 'acpi_ipmi 1 1 acpi_power_meter, Live 0x0', 'acpi_power_meter 1 0 - Live 0x0', 'ipmi_devintf 1 0 - Live 0x0'],
      more: `echo '${HERE}' >/proc/will-find`,
    });
    expect(root.sh(reload(given()))).toMatchObject({ code: 0, stderr: '' });
    expect(root.sh('cat /proc/log').stdout.toString()).toBe(
      `${['rmmod ipmi_devintf', 'rmmod acpi_power_meter', 'rmmod acpi_ipmi', 'rmmod ipmi_si', 'modprobe ipmi_si type=kcs ports=0xca2', 'modprobe acpi_ipmi', 'modprobe acpi_power_meter', 'modprobe ipmi_devintf', 'modprobe ipmi_devintf'].join('\n')}\n`,
    );
  });

  test('loading anew says so where the port is wrong', () => {
    set({ modules: [SI], more: ': >/proc/will-find' });
    const { code, stdout } = root.sh(reload(given()));
    expect(code).toBe(1);
    expect(stdout.toString()).toContain('the driver found no BMC at kcs at port 0xca2; it has: nothing\n');
  });

  test('where a module will not go all is put back, and a reboot is required', () => {
    set({ modules: [SI, 'ipmi_devintf 1 0 - Live 0x0'], more: ': >/proc/will-find; : >/proc/refuse-ipmi_si' });
    expect(root.sh(reload(given()))).toMatchObject({ code: 0 });
    expect(root.sh('grep -c "^ipmi_devintf " /proc/modules').stdout.toString()).toBe('1\n');
    expect([holds(needsNoReload(given())), holds(needsNoReboot(given()))]).toEqual([true, false]);
  });

  test.each<[string, Kernel, RegExp]>([
    ['built in', { builtin: true }, /^built into the kernel, which was booted without its parameters\n$/],
    [
      'held by a module',
      { modules: ['ipmi_si 1 1 agent, Live 0x0'] },
      /^in use by another module, or the watchdog timer of the BMC runs\n$/,
    ],
    ['stuck', { modules: [SI], more: ': >/var/run/drover-ipmi-held' }, /^a module of it would not be unloaded\n$/],
    [
      'held open',
      {
        modules: [SI, 'ipmi_devintf 1 2 - Live 0x0'],
        more: 'mkdir -p /proc/41/fd; ln -sf /dev/ipmi0 /proc/41/fd/3; echo ipmievd >/proc/41/comm',
      },
      /^in use by ipmievd \(41\): when that is stopped, the driver is loaded anew without a reboot\n$/,
    ],
  ])('a reboot that is required says why: the driver is %s', (_title, kernel, said) => {
    set(kernel);
    const { code, stdout } = root.sh(needsNoReboot(given()));
    root.sh('rm -rf /proc/41');
    expect([code, stdout.toString()]).toEqual([1, expect.stringMatching(said)]);
  });

  test('an interface counts only with its device', () => {
    set({ modules: [SI], has: HERE });
    const { code, stdout } = root.sh(hasInterfaces(given()));
    expect(code).toBe(1);
    expect(stdout.toString()).toContain('the driver has its interfaces, and there is no /dev/ipmi0: is ipmi_devintf loaded?\n');
  });

  test('of several interfaces those are named that the driver has not, with what it was told of them', () => {
    set({ modules: [SI], has: HERE });
    const interfaces = [
      { type: 'kcs', port: '0xca2' },
      { type: 'kcs', port: '0xca8' },
      { type: 'smic', mem: '0xfed40000', regSpacing: 4, slaveAddr: '0x30' },
    ];
    const { code, stdout } = root.sh(hasInterfaces(params.parse({ interfaces })));
    expect(code).toBe(1);
    expect(stdout.toString()).toContain(
      `found no BMC at kcs at port 0xca8, smic at memory 0xfed40000 with register spacing 4 with slave address 0x30; it has: ${HERE}\n`,
    );
  });

  test.each([
    ['all of them, as kmod prints them', 'trydmi:Setting this to zero… (bool)\\ntryacpi:… (bool)', 0, ''],
    [
      'only others, as on Red Hat 6',
      'type:Defines the type\\nports:…\\ntrydefaults:…',
      1,
      'ipmi_si of this kernel has no parameter trydmi; leave out disableDiscovery\n',
    ],
    ['none, as where it is built into an old kernel', '', 0, ''],
  ])('parameters that the driver does not know keep it from being loaded: modinfo knows %s', (_title, known, code, said) => {
    root.sh(`printf '#!/bin/sh\\nprintf "${known}"\\n' >/usr/local/sbin/modinfo; chmod 755 /usr/local/sbin/modinfo`);
    const result = root.sh(knowsParameters(['trydmi', 'tryacpi']));
    expect([result.code, result.stdout.toString()]).toEqual([code, said]);
  });

  test('sensors are found by their whole names', () => {
    root.sh("printf '%s\\n' 'Fan 1            | 3000 RPM          | ok' \"it's \\$x         | disabled          | ns\" >/proc/watchdog");
    expect(holds(hasSensors(['Fan 1', "it's $x"]))).toBe(true);
    const missing = root.sh(hasSensors(['Fan 1', 'Fan']));
    expect([missing.code, missing.stdout.toString()]).toEqual([1, 'ipmitool lists no sensor Fan\n']);
  });
});
