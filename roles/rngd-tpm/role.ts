import { type BaseFacts, defineRole, type Step, service } from 'drover';
import { proofs, sourceOf, sourceOffered, tpm12, tpmThere } from './checks.ts';
import { params, type RngdParams } from './params.ts';
import { debianSteps, redHat6Steps, redHatSteps } from './platforms.ts';

/** The kernel's random numbers fed from the TPM by rngd. */
export default defineRole({
  name: 'rngd-tpm',
  description: 'The TPM feeds the kernel’s random numbers: its hwrng is selected, and rngd reads it, now and after a reboot',
  platforms: [
    { family: 'debian', minVersion: 11, init: 'systemd' },
    { family: 'redhat', minVersion: 8, init: 'systemd' },
    { family: 'redhat', minVersion: 6, maxVersion: 6, init: 'sysv' },
  ],
  params,
  steps({ params: wanted, facts }) {
    const source = wanted.selectHwrng ?? sourceOf(facts);
    return {
      steps: [
        // First what refuses a host: then nothing is begun on it.
        tpmThere(facts),
        ...(source === '' || facts.init === 'sysv' ? [] : [sourceOffered(source)]),
        ...(wanted.directTpm ? [tpm12()] : []),
        ...configured(wanted, source, facts),
        service({ name: 'rngd', state: 'running', enabled: true }),
      ],
      handlers: { 'restart rngd': service({ name: 'rngd', state: 'restarted' }) },
      proofs: proofs(wanted, source),
    };
  },
});

function configured(wanted: RngdParams, source: string, { os, init }: BaseFacts): Step[] {
  if (os.family === 'debian') return debianSteps(wanted, source);
  return init === 'sysv' ? redHat6Steps(wanted, source) : redHatSteps(wanted, source, Number.parseInt(os.version, 10));
}
