import { z } from 'drover';

/** Parameters of the role. */
export const params = z.strictObject({
  device: z
    .string()
    .regex(/^\/dev\/[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'must be a device such as /dev/hwrng')
    .default('/dev/hwrng')
    .describe('Device that rngd reads: the kernel’s hardware random number generator'),
  selectHwrng: z
    .string()
    .regex(/^[A-Za-z0-9_.-]*$/, 'must be a name as /sys/class/misc/hw_random/rng_available has it, or empty')
    .optional()
    .describe(
      'Source that the kernel shall offer there, now and at boot; empty: leave it to the kernel. Default: tpm-rng-0, before Linux 4.16 tpm-rng',
    ),
  directTpm: z
    .boolean()
    .default(false)
    .describe('rngd also talks to /dev/tpm0 itself; works with TPM 1.2 only, and adds nothing to what the kernel reads from it'),
  disableDrng: z.boolean().default(false).describe('Do not use the CPU’s instructions (RDRAND) as a source beside the TPM'),
  fipsBlocks: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('Blocks of 20 000 bits that must pass the FIPS 140-2 tests in every plan and apply; fewer for a TPM that is slow'),
});

export type RngdParams = z.output<typeof params>;
