import { type BaseFacts, command, type Step, verify } from 'drover';
import type { RngdParams } from './params.ts';

const HW_RANDOM = '/sys/class/misc/hw_random';

/** The kernel's attribute that names its source. */
export const RNG_CURRENT: string = `${HW_RANDOM}/rng_current`;

/** `$1`: what the report says when there is one. A container sees the machine's /sys, but no device. */
const TPM = `
for each in /dev/tpm[0-9]*; do
  [ ! -c "$each" ] || { echo "$each: $1"; exit 0; }
done
if [ -e /sys/class/tpm/tpm0 ] || [ -e /sys/class/misc/tpm0 ]; then
  echo 'this host cannot use the TPM that its kernel knows: there is no /dev/tpm0 here (in a container it belongs to the machine outside)'
else
  echo 'this host has no TPM, or it is disabled: it must be fitted, and switched on in the firmware'
fi
exit 1`;

/** Refuses the host, before anything on it is changed, unless it has a TPM; says what is to be expected of it. */
export function tpmThere({ kernel }: BaseFacts): Step {
  return command({ name: 'TPM', command: ['sh', '-c', TPM, 'sh', functionalNeed(kernel.release)], readOnly: true });
}

/** 4016 for `4.16.0-1-amd64`. */
function kernelNumber(release: string): number {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return Number(major) * 1000 + Number(minor);
}

/** What the kernel calls the generator of its first TPM: before Linux 4.16 the name had no number. */
export function sourceOf({ kernel }: Pick<BaseFacts, 'kernel'>): string {
  return kernelNumber(kernel.release) < 4016 ? 'tpm-rng' : 'tpm-rng-0';
}

/** What feeding the kernel is good for, by its version: /dev/random does not block since 5.6, its pool is 256 bits since 5.18 (random(4), git log). */
export function functionalNeed(release: string): string {
  const number = kernelNumber(release);
  if (number < 5006) return `Linux ${release} blocks readers of /dev/random when its pool is low, so rngd has work to do`;
  const pool = number < 5018 ? '' : ' and needs 256 bits';
  return `Linux ${release} never blocks readers of /dev/random once it is seeded${pool}: rngd seeds it earlier and better, nothing waits for it`;
}

const OFFERED = `
has=$(cat ${HW_RANDOM}/rng_available 2>/dev/null | tr '\\n' ' ')
case " $has " in *" $1 "*) exit 0;; esac
case $1 in
  tpm-rng*) why='; it was built without CONFIG_HW_RANDOM_TPM, or leaves out a TPM whose generator it does not trust';;
  *) why=;;
esac
echo "the kernel offers no random numbers of $1 (${HW_RANDOM}/rng_available has: $(echo \${has:-nothing}))$why"
exit 1`;

/** Refuses the host where the kernel has no such source. */
export function sourceOffered(source: string): Step {
  return command({ name: `source ${source}`, command: ['sh', '-c', OFFERED, 'sh', source], readOnly: true });
}

const TPM_1_2 = `
[ "$(cat /sys/class/tpm/tpm0/tpm_version_major 2>/dev/null)" != 1 ] || exit 0
for each in /sys/class/tpm/tpm0 /sys/class/misc/tpm0; do
  [ ! -e "$each/caps" ] && [ ! -e "$each/device/caps" ] || exit 0
done
echo 'rngd can talk to a TPM 1.2 only, and this one is none; leave out directTpm: the kernel reads it for /dev/hwrng'
exit 1`;

/** Refuses the host unless rngd understands its TPM. Only a TPM 1.2 has `caps`. */
export function tpm12(): Step {
  return command({ name: 'TPM 1.2', command: ['sh', '-c', TPM_1_2], readOnly: true });
}

/** Looks again for some seconds only while rngd runs: it opens its devices after systemd has called it started. */
const OPEN = `
device=$(readlink -f "$1")
for try in 1 2 3 4 5 6 7 8; do
  pids=$(pidof rngd) || { echo 'rngd does not run'; exit 1; }
  for pid in $pids; do
    for fd in /proc/$pid/fd/*; do [ "$(readlink "$fd")" != "$device" ] || exit 0; done
  done
  sleep 1
done
echo "rngd runs and has not opened $device"
exit 1`;

/** Longest that the blocks may take, in seconds: the deadline of a whole read is a minute (drover_timeouts), and would name nothing. */
const FIPS_S = 40;

/** One block in 1250 of perfect random numbers fails (FIPS 140-2, significance of its tests), so a failure must happen twice. */
const FIPS_TWICE = `
test_blocks() { head -c $(( $2 * 2500 + 4 )) "$1" | rngtest -c "$2" 2>&1; }
report=$(test_blocks "$1" "$2") || report=$(test_blocks "$1" "$2") || { printf '%s\\n' "$report" | grep -e FIPS -e rngtest; exit 1; }`;

const FIPS = `
status=0
timeout ${FIPS_S} sh -c "$3" sh "$1" "$2" || status=$?
[ $status != 124 ] || echo "$1 did not give $2 blocks of 2500 bytes in ${FIPS_S} s; set fipsBlocks lower"
exit $status`;

/** What must hold in the end: rngd reads the device, the device is fed by the source, and what comes out is random. */
export function proofs({ device, fipsBlocks }: RngdParams, source: string): Step[] {
  return [
    verify({ name: `rngd reads ${device}`, command: ['sh', '-c', OPEN, 'sh', device] }),
    ...(source === ''
      ? []
      : [verify({ name: `the kernel reads ${source}`, command: ['sh', '-c', `[ "$(cat ${RNG_CURRENT})" = "$1" ]`, 'sh', source] })]),
    verify({ name: `FIPS 140-2 on ${fipsBlocks} blocks`, command: ['sh', '-c', FIPS, 'sh', device, String(fipsBlocks), FIPS_TWICE] }),
  ];
}
