import { z } from 'drover';

const address = z.union([z.ipv4(), z.ipv6()]);
const port = z.int().min(1).max(65_535);

/** Parameters of the role. */
export const params = z
  .strictObject({
    service: z
      .strictObject({
        protocol: z.enum(['tcp', 'udp']).default('tcp').describe('Protocol of the virtual service'),
        address: address.describe('The service address'),
        port: port.describe('Port of the virtual service'),
      })
      .describe('The virtual service, which is there'),
    address: address.describe('Address of the real server'),
    port: port.optional().describe('Port of the real server. Default: that of the service; another one only with nat'),
    weight: z.int().min(0).max(65_535).describe('0: no new connections; more: its share of them'),
    drainSeconds: z
      .int()
      .min(1)
      .max(86_400)
      .optional()
      .describe('With weight 0 and tcp: wait until it has no active connections, at most so long. Default: no wait'),
    ifNotDrained: z.enum(['fail', 'go-on']).default('fail').describe('What becomes of the step when it still has connections then'),
    returnSeconds: z
      .int()
      .min(0)
      .max(3600)
      .default(60)
      .describe('With weight 1 or more: keepalived takes a rebooted server out and puts it back; longest wait until it is there again'),
  })
  .refine(({ drainSeconds, weight, service }) => drainSeconds === undefined || (weight === 0 && service.protocol === 'tcp'), {
    path: ['drainSeconds'],
    message: 'goes with weight 0 and tcp',
  });

export type ServerParams = z.infer<typeof params>;
