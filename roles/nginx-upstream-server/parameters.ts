import { z } from 'drover';

const upstream = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'must be letters, digits, - and _');

/** Parameters of the role. */
export const params = z.strictObject({
  upstream: z
    .union([upstream, z.array(upstream).min(1)])
    .describe('Name of the upstream; several, where the server is in several: its connections are not told apart'),
  address: z.union([z.ipv4(), z.ipv6()]).describe('Address of the server, as the upstream has it'),
  port: z.int().min(1).max(65_535).default(80).describe('Port of the server'),
  state: z.enum(['up', 'down']).describe('up: in rotation; down: gets no new requests, and is waited for until the old ones have ended'),
  drainSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(60)
    .describe('With down: longest wait until no connection to the server is left. A server that is not drained by then fails the step'),
  file: z
    .string()
    .regex(/^\/[^\s%]+$/, 'must be an absolute path')
    .optional()
    .describe('File with the upstream’s servers, one on a line. Default: /etc/nginx/upstreams/UPSTREAM.conf, as nginx-upstream makes it'),
});

export type ServerParams = z.infer<typeof params>;
