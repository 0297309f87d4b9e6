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

/** The function sets `missing` to the interfaces that the driver has not, in words. */
function present({ interfaces }: IpmiParams): string {
  const lines = interfaces.map((each) => `has ${quoted(shownAs(each))} || missing="\${missing:+$missing, }"${quoted(interfaceName(each))}`);
  return `has() { printf '%s\\n' "$shown" | grep -q -e "$1"; }
present() {
  shown=$(${SHOWN}) || :
  missing=
  ${lines.join('\n  ')}
  [ -z "$missing" ]
}`;
}

/** The driver's parameters as words. */
function words(params: IpmiParams, prefix = ''): string {
  return Object.entries(driverOptions(params))
    .flatMap(([name, value]) => (value === null ? [] : [`${prefix}${name}=${value}`]))
    .join(' ');
}

/**
 * Functions for the checks: `present` (the driver has every interface), `loaded`, `builtin`, `effective` (the running kernel was booted with the
 * parameters), `reloadable` (nothing holds the driver's modules, and no watchdog would reset the host).
 */
function functions(params: IpmiParams): string {
  return `
${present(params)}
loaded() { grep -qs '^ipmi_si ' /proc/modules; }
builtin() { { ! loaded && [ -d /sys/module/ipmi_si ]; } || grep -qs '/ipmi_si[.]ko' "/lib/modules/$(uname -r)/modules.builtin"; }
effective() { line=" $(cat /proc/cmdline) "; for w in ${words(params, 'ipmi_si.')}; do case $line in *" $w "*) ;; *) return 1;; esac; done; }
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

/**
 * Succeeds where loading the driver anew would not help: it has its interfaces, or waits for a reboot. One that is not loaded is left to the step
 * that loads it with the parameters of modprobe.d, unless they are on the command line: then this is the one that loads it.
 */
export function needsNoReload(params: IpmiParams): string {
  return `${functions(params)}
present && exit 0
builtin && exit 0
${params.placement === 'cmdline' ? '' : 'loaded || exit 0'}
! reloadable`;
}

/** Says what keeps the driver from being loaded anew, and what may be done about it instead of a reboot. */
const HOLDERS = `
[ ! -e ${HELD} ] || { echo 'a module of it would not be unloaded'; exit 1; }
by=
for fd in /proc/[0-9]*/fd/*; do
  case $(readlink "$fd" 2>/dev/null) in /dev/ipmi[0-9]*) pid=\${fd#/proc/}; pid=\${pid%%/*}; by="\${by:+$by, }$(cat /proc/$pid/comm) ($pid)";; esac
done
[ -z "$by" ] || { echo "in use by $by: when that is stopped, the driver is loaded anew without a reboot"; exit 1; }
echo 'in use by another module, or the watchdog timer of the BMC runs'
exit 1`;

/** Succeeds where no reboot is required for the driver to find its interfaces; else says why one is. */
export function needsNoReboot(params: IpmiParams): string {
  return `${functions(params)}
present && exit 0
if builtin; then
  effective && exit 0
  echo 'built into the kernel, which was booted without its parameters'
  exit 1
fi
loaded || exit 0
reloadable && exit 0
${HOLDERS}`;
}

/** Succeeds when the driver has every interface; else the last line says which it has not. */
export function hasInterfaces(params: IpmiParams): string {
  return `${present(params)}
present && [ -c /dev/ipmi0 -o -c /dev/ipmi/0 -o -c /dev/ipmidev/0 ] && exit 0
${COMPLAINT}`;
}

const COMPLAINT = `dmesg 2>/dev/null | grep ipmi_si | tail -n 3
[ -n "$missing" ] || { echo 'the driver has its interfaces, and there is no /dev/ipmi0: is ipmi_devintf loaded?'; exit 1; }
echo "the driver found no BMC at $missing; it has: $(echo \${shown:-nothing})"
exit 1`;

/**
 * Unloads the driver and what uses it, and loads all that was loaded, the driver with its parameters: of a kernel that was booted without them it
 * would have none. Where a module will not go, everything is put back, and a mark left
 * that a reboot is required.
 */
export function reload(params: IpmiParams): string {
  return `${functions(params)}
gone=
put_back() { modprobe ipmi_si ${words(params)}; for m in $gone; do modprobe "$m"; done; }
for m in ${UNLOAD.join(' ')}; do
  grep -q "^$m " /proc/modules || continue
  rmmod "$m" || { : >${HELD}; put_back; exit 0; }
  [ "$m" = ipmi_si ] || gone="$m $gone"
done
put_back
modprobe ipmi_devintf
present && exit 0
${COMPLAINT}`;
}

/** Fails where the driver has no such parameters, as that of Red Hat 5 and 6 has none: such a kernel would not load it with them at all. */
export function knowsParameters(names: readonly string[]): string {
  return `known=$(modinfo -p ipmi_si 2>/dev/null) || exit 0
[ -n "$known" ] || exit 0
for name in ${names.join(' ')}; do
  printf '%s\\n' "$known" | grep -q "^$name:" || { echo "ipmi_si of this kernel has no parameter $name; leave out disableDiscovery"; exit 1; }
done`;
}

/** Succeeds when ipmitool lists every sensor. */
export function hasSensors(names: readonly string[]): string {
  return `listed=$(ipmitool sdr list 2>&1 | sed 's/ *|.*//')
for name in ${names.map(quoted).join(' ')}; do
  printf '%s\\n' "$listed" | grep -Fqx -e "$name" || { echo "ipmitool lists no sensor $name"; exit 1; }
done`;
}
