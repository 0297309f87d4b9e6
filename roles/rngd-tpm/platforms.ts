import { absent, command, ini, kernelModule, line, pkg, type Step, sysfs, systemdUnit } from 'drover';
import { RNG_CURRENT } from './checks.ts';
import type { RngdParams } from './params.ts';

const RESTART = 'restart rngd';

/** What names the source at every start of rngd: later than any driver, and again when rngd is restarted. */
function selectAtStart(source: string): { ExecStartPre?: string } {
  return source === '' ? {} : { ExecStartPre: `/bin/sh -c 'echo ${source} >${RNG_CURRENT}'` };
}

function selectNow(source: string): Step[] {
  return source === '' ? [] : [sysfs({ path: RNG_CURRENT, value: source })];
}

/** Debian's other packages of an rngd. rng-tools5 conflicts with them, and apt takes away nothing that it was not told to. */
const RIVALS = ['rng-tools-debian', 'rng-tools'];

/** Their init scripts outlive them, and would start the rngd of rng-tools5 a second time at the next boot, with options of their own. */
function withoutRivals(): Step[] {
  return [pkg({ names: RIVALS, state: 'absent' }), ...RIVALS.map((name) => absent({ path: `/etc/init.d/${name}` }))];
}

/** rng-tools5's unit takes no options from a file, so its command line is replaced. */
export function debianSteps(params: RngdParams, source: string): Step[] {
  const { device, directTpm, disableDrng } = params;
  const options = ['-r', device, ...(directTpm ? [] : ['-n', '1']), ...(disableDrng ? ['-d', '1'] : [])];
  return [
    ...selectNow(source),
    ...withoutRivals(),
    pkg({ name: 'rng-tools5' }),
    systemdUnit({
      name: 'rngd',
      dropIn: 'rngd-tpm',
      sections: { Service: { ...selectAtStart(source), ExecStart: ['', `/usr/sbin/rngd -f ${options.join(' ')}`] } },
      notify: RESTART,
    }),
  ];
}

/** rng-tools 6: sources are left out by name; those that the packages themselves leave out stay so, and the daemon gives up its rights. */
export function redHatSteps(params: RngdParams, source: string, major: number): Step[] {
  const { device, directTpm, disableDrng } = params;
  const left = ['pkcs11', 'nist', ...(major < 9 ? [] : ['qrypt', 'namedpipe', 'jitter'])];
  const excluded = [...left, ...(directTpm ? [] : ['tpm']), ...(disableDrng ? ['rdrand'] : [])];
  // The source tpm is off unless it is asked for (rngd(8)).
  const included = directTpm ? ['-n', 'tpm'] : [];
  const options = ['--fill-watermark=0', ...excluded.flatMap((name) => ['-x', name]), ...included, '-r', device, '-D', 'daemon:daemon'];
  return [
    ...selectNow(source),
    pkg({ name: 'rng-tools' }),
    ini({ path: '/etc/sysconfig/rngd', key: 'RNGD_ARGS', value: options.join(' '), style: 'shell', notify: RESTART }),
    ...(source === ''
      ? []
      : [systemdUnit({ name: 'rngd', dropIn: 'rngd-tpm', sections: { Service: selectAtStart(source) }, notify: RESTART })]),
  ];
}

/** CentOS 6: the kernel's source is a module of its own, and without it there is no hw_random at all when this is planned. */
export function redHat6Steps(params: RngdParams, source: string): Step[] {
  const { device, directTpm } = params;
  const options = ['-r', device, ...(directTpm ? [] : ['-n', '1']), ...(params.disableDrng ? ['-d', '1'] : [])];
  const select = `echo ${source} >${RNG_CURRENT}`;
  return [
    kernelModule({ name: 'tpm_rng' }),
    ...(source === ''
      ? []
      : [
          command({
            name: `select ${source}`,
            command: select,
            unless: `[ "$(cat ${RNG_CURRENT} 2>/dev/null)" = ${source} ]`,
            affects: [],
          }),
          // rngd keeps the device open, and the device follows: that rc.local runs after rngd does not matter.
          line({ path: '/etc/rc.d/rc.local', line: select, match: /^echo .*rng_current$/ }),
        ]),
    pkg({ name: 'rng-tools' }),
    ini({ path: '/etc/sysconfig/rngd', key: 'EXTRAOPTIONS', value: options.join(' '), style: 'shell', notify: RESTART }),
  ];
}
