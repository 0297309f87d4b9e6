import { driverOptions, interfaceName, shownAs } from './driver-options.ts';
import type { IpmiParams } from './params.ts';

/** Modules of the driver in the order in which they can be unloaded: users first (acpi_power_meter uses acpi_ipmi). */
const UNLOAD = ['ipmi_devintf', 'ipmi_watchdog', 'ipmi_poweroff', 'acpi_power_meter', 'acpi_ipmi', 'ipmi_ssif', 'ipmi_si'];

/** Says until the next boot that a module would not go although nothing seemed to hold it. */
const HELD = '/var/run/drover-ipmi-held';

/** Where the driver shows its interfaces: sysfs since Linux 4.15, procfs before. */
const SHOWN = 'cat /sys/class/ipmi/ipmi*/device/params /proc/ipmi/*/params 2>/dev/null';

/** The text in single quotes. What comes here are patterns and words of the role's own making. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function present({ interfaces }: IpmiParams): string {
  const lines = interfaces.map((each) => `printf '%s\\n' "$shown" | grep -q ${quoted(shownAs(each))} || return 1`);
  return `present() { shown=$(${SHOWN}); ${lines.join('; ')}; }`;
}

/**
 * Functions for the checks: `present` (the driver has every interface), `loaded`, `builtin`, `on_cmdline` (the parameters belong there), `effective` (the
 * running kernel was booted with them), `reloadable` (nothing holds the driver's modules, and no watchdog would reset the host).
 */
function functions(params: IpmiParams): string {
  const words = Object.entries(driverOptions(params)).flatMap(([name, value]) => (value === null ? [] : [`ipmi_si.${name}=${value}`]));
  const onCmdline = { auto: 'builtin', cmdline: ':', modprobe: 'false' }[params.placement];
  return `
${present(params)}
loaded() { grep -qs '^ipmi_si ' /proc/modules; }
builtin() { { ! loaded && [ -d /sys/module/ipmi_si ]; } || grep -qs '/ipmi_si[.]ko' "/lib/modules/$(uname -r)/modules.builtin"; }
on_cmdline() { ${onCmdline}; }
effective() { line=" $(cat /proc/cmdline) "; for w in ${words.join(' ')}; do case $line in *" $w "*) ;; *) return 1;; esac; done; }
reloadable() {
  [ ! -e ${HELD} ] || return 1
  awk -v own=' ${UNLOAD.join(' ')} ' '
    index(own, " " $1 " ") {
      n = split($4, users, ",")
      for (i = 1; i <= n; i++) if (users[i] != "" && users[i] != "-" && !index(own, " " users[i] " ")) bad = 1
      if (($1 == "ipmi_devintf" || $1 == "ipmi_watchdog") && $3 > 0) bad = 1
    }
    END { exit bad }' /proc/modules || return 1
  # A timer that runs on the BMC resets the host, whoever holds its device.
  grep -qs '^ipmi_watchdog ' /proc/modules && ls /sys/class/ipmi/ipmi* >/dev/null 2>&1 || return 0
  ipmitool mc watchdog get 2>/dev/null | grep -qi 'timer is: *stopped'
}
`;
}

/** Succeeds where loading the driver anew would not help: it has its interfaces, waits for a reboot, or is not loaded. */
export function needsNoReload(params: IpmiParams): string {
  return `${functions(params)}
present && exit 0
if on_cmdline; then effective && ! builtin || exit 0; else loaded || exit 0; fi
! reloadable`;
}

/** Succeeds where no reboot is required for the driver to find its interfaces. */
export function needsNoReboot(params: IpmiParams): string {
  return `${functions(params)}
present && exit 0
if on_cmdline; then effective; else ! loaded || reloadable; fi`;
}

/** Succeeds when the driver has every interface; else the last line says which it has not. */
export function hasInterfaces(params: IpmiParams): string {
  return `${present(params)}
present && [ -c /dev/ipmi0 -o -c /dev/ipmi/0 -o -c /dev/ipmidev/0 ] && exit 0
${complaint(params)}`;
}

function complaint({ interfaces }: IpmiParams): string {
  const wanted = interfaces.map(interfaceName).join(', ');
  return `dmesg 2>/dev/null | grep ipmi_si | tail -n 3
echo "the driver found no BMC at ${wanted}; it has: $(${SHOWN} | tr '\\n' ' ' | grep . || echo nothing)"
exit 1`;
}

/**
 * Unloads the driver and what uses it, and loads all that was loaded. Where a module will not go, everything is put back, and a mark left
 * that a reboot is required.
 */
export function reload(params: IpmiParams): string {
  return `${functions(params)}
gone=
put_back() { for m in ipmi_si $gone; do modprobe "$m"; done; }
for m in ${UNLOAD.join(' ')}; do
  grep -q "^$m " /proc/modules || continue
  rmmod "$m" || { : >${HELD}; put_back; exit 0; }
  [ "$m" = ipmi_si ] || gone="$m $gone"
done
put_back
modprobe ipmi_devintf
present && exit 0
${complaint(params)}`;
}

/** Succeeds when ipmitool lists every sensor. */
export function hasSensors(names: readonly string[]): string {
  return `listed=$(ipmitool sdr list 2>&1 | sed 's/ *|.*//')
for name in ${names.map(quoted).join(' ')}; do
  printf '%s\\n' "$listed" | grep -Fqx -e "$name" || { echo "ipmitool lists no sensor $name"; exit 1; }
done`;
}
