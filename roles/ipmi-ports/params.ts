import { z } from 'drover';

const HEX = /^0x[0-9a-f]+$/i;

/** A number, or its hexadecimal form as text, as firmware manuals print it. */
function number(name: string, { min, max }: { min: number; max: number }): z.ZodType<number> {
  const message = `${name} must be ${min} to ${max} (0x${max.toString(16)}), such as ${Math.min(max, 3234)} or '0x${Math.min(max, 3234).toString(16)}'`;
  return z
    .union([z.int(), z.string().regex(HEX).transform(Number)], { message })
    .refine((value) => value >= min && value <= max, { message });
}

const bmcInterface = z
  .strictObject({
    type: z.enum(['kcs', 'smic', 'bt']).describe('How the BMC is spoken to'),
    port: number('the port', { min: 1, max: 0xffff }).optional().describe("I/O port, such as '0xca2'; this or mem"),
    mem: number('the memory address', { min: 1, max: Number.MAX_SAFE_INTEGER }).optional().describe('Memory address; this or port'),
    regSpacing: z
      .union([z.literal(1), z.literal(4), z.literal(16)])
      .optional()
      .describe('Bytes from one register to the next. Default: the driver’s, 1'),
    slaveAddr: number('the slave address', { min: 1, max: 0xff })
      .optional()
      .describe('Address of the BMC on the IPMB. Default: the driver’s, 0x20'),
    irq: z.int().min(1).max(255).optional().describe('Interrupt. Default: none, the driver polls'),
  })
  .refine(({ port, mem }) => (port === undefined) !== (mem === undefined), { message: 'give either port or mem' });

/** An interface to a BMC: where it really is. */
export type BmcInterface = z.output<typeof bmcInterface>;

/** The driver takes one of two at the same place, and the other for a mistake. */
function repeated(all: readonly BmcInterface[]): number[] {
  const places = all.map(({ port, mem }) => (port === undefined ? `mem ${mem}` : `port ${port}`));
  return places.flatMap((place, index) => (places.indexOf(place) < index ? [index] : []));
}

const interfaces = z
  .array(bmcInterface)
  .min(1)
  .max(4)
  .superRefine((all, context) => {
    for (const index of repeated(all))
      context.addIssue({ code: 'custom', path: [index], message: 'another interface is at the same place' });
  });

/** Parameters of the role. */
export const params = z.strictObject({
  interfaces: interfaces.describe('The interfaces of the BMC, wherever the firmware’s tables say they are'),
  placement: z
    .enum(['auto', 'modprobe', 'cmdline'])
    .default('auto')
    .describe(
      'Where the driver is told: modprobe.d, the kernel’s command line (needs a reboot where it is built in), or what this kernel takes',
    ),
  disableDiscovery: z
    .boolean()
    .default(false)
    .describe(
      'Keep the driver from the firmware’s tables as well (trydmi=0, tryacpi=0). Not taken back by false: remove the parameters by hand',
    ),
  expectSensors: z.array(z.string().min(1)).default([]).describe('Names that must be among the sensors that ipmitool lists'),
});

export type IpmiParams = z.output<typeof params>;
