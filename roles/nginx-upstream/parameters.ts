import { z } from 'drover';

const server = z.strictObject({
  address: z.union([z.ipv4(), z.ipv6()]).describe('Address of the server; not a name, which nginx would look up once, when it starts'),
  port: z.int().min(1).max(65_535).default(80).describe('TCP port of the server'),
  options: z
    .string()
    .regex(/^[a-z_]+(=[\w.:-]+)?( [a-z_]+(=[\w.:-]+)?)*$/, 'must be parameters of a server, such as weight=2 max_fails=3')
    .refine((text) => !text.split(' ').includes('down'), {
      message: 'down is a state, not a setting: the role nginx-upstream-server sets it',
    })
    .optional()
    .describe('Further parameters as nginx has them: weight=2 max_fails=3'),
});

/** Parameters of the role. */
export const params = z.strictObject({
  upstream: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'must be letters, digits, - and _')
    .describe('Name of the upstream: proxy_pass http://NAME'),
  servers: z
    .array(server)
    .min(1)
    .refine((all) => new Set(all.map(nameOf)).size === all.length, { message: 'a server is there twice' })
    .describe('All its servers; others are taken out of the file'),
  method: z.enum(['round-robin', 'least_conn', 'ip_hash']).default('round-robin').describe('How requests are spread'),
  keepalive: z.int().min(0).max(4096).default(16).describe('Idle connections to servers that each worker keeps; 0: none'),
  listen: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('Makes a site too that passes all requests of this port to the upstream. Default: other files do that'),
  retry: z
    .boolean()
    .default(true)
    .describe('With listen: a request that a server did not answer goes to the next one (nginx never repeats POST and the like)'),
});

export type UpstreamParams = z.infer<typeof params>;
export type UpstreamServer = UpstreamParams['servers'][number];

/** Address and port as nginx writes them. */
export function nameOf({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
