import { z } from 'drover';

const unicast = z
  .ipv4()
  .refine((value) => !value.startsWith('127.') && Number.parseInt(value, 10) < 224 && Number.parseInt(value, 10) > 0, {
    message: 'must be a unicast address and not in 127.0.0.0/8',
  });
const port = z.int().min(1).max(65_535);

const real = z.strictObject({
  address: unicast.describe('Address of the real server'),
  port: port.optional().describe('Only with nat: another port than that of the service'),
  weight: z.int().min(0).max(65_535).default(1).describe('Share of the connections; 0 drains: the old ones live on, no new ones come'),
});

const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'sh', 'sed', 'nq', 'mh', 'dh', 'lblc', 'lblcr'] as const;

const check = z.strictObject({
  kind: z.enum(['tcp', 'http', 'smtp']).default('tcp').describe('How a real server is asked whether it lives'),
  path: z
    .string()
    .regex(/^\/[\w./~%+,;=&?-]*$/, 'must begin with / and have no white space, quotes or braces')
    .default('/')
    .describe('What http asks for; it must be answered with status 200'),
  interval: z.int().min(1).max(3600).default(6).describe('Seconds between two checks'),
  timeout: z.int().min(1).max(300).default(3).describe('Seconds that a real server has for its answer'),
});

const service = z.strictObject({
  protocol: z.enum(['tcp', 'udp']).default('tcp').describe('Protocol of the service'),
  port: port.describe('Port of the service'),
  scheduler: z
    .enum(SCHEDULERS)
    .refine((name) => !['dh', 'lblc', 'lblcr'].includes(name), {
      message: 'chooses by destination address: with one service address all clients would go to the same real server; take wlc or rr',
    })
    .default('wlc')
    .describe('How connections are spread (ipvsadm(8), -s)'),
  persistent: z
    .int()
    .min(1)
    .max(2_678_400)
    .optional()
    .describe('Seconds for which a client stays with its real server. Default: not at all'),
  method: z
    .enum(['dr', 'nat', 'tun'])
    .describe(
      'dr: direct routing, real servers need lo0-vip; nat: masquerading, their replies must come back through this host; tun: IP in IP',
    ),
  reals: z.array(real).min(1).describe('All real servers of the service'),
  check: check.optional().describe('Health check by keepalived. Default for tcp: that a connection can be made'),
});

const parameters = z.strictObject({
  vip: unicast.describe('The service address, which this host alone answers for'),
  interface: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/, 'must be the name of an interface')
    .refine((name) => name !== 'lo', { message: 'the service address of a director is not on lo: that is where real servers have it' })
    .describe('Interface that gets the service address'),
  vipPrefix: z.int().min(8).max(32).default(32).describe('Prefix length of the service address'),
  manager: z
    .enum(['keepalived', 'ipvsadm'])
    .default('keepalived')
    .describe('What fills the table: keepalived, which also takes dead real servers out, or ipvsadm’s rules, as they are written'),
  services: z.array(service).min(1).describe('All virtual services of this host'),
  networkFile: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9@._-]*\.network$/, 'must be the name of a file such as 10-eth0.network')
    .optional()
    .describe('With systemd-networkd: the file that configures the interface (networkctl status INTERFACE shows it)'),
});

export type DirectorParams = z.infer<typeof parameters>;
export type DirectorService = DirectorParams['services'][number];
export type DirectorCheck = NonNullable<DirectorService['check']>;

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Parameters of the role; what contradicts itself is reported where it stands. */
export const params = parameters.superRefine((value, context) => {
  for (const { path, message } of problemsOf(value)) context.addIssue({ code: 'custom', path: [...path], message, input: value });
});

function problemsOf({ services, vip, manager }: DirectorParams): Problem[] {
  const names = services.map(({ protocol, port: number }) => `${protocol} ${number}`);
  return services.flatMap((each, index): Problem[] => [
    ...(names.indexOf(names[index] ?? '') < index
      ? [{ path: ['services', index, 'port'], message: `there is already a service for ${names[index]}` }]
      : []),
    ...checkProblems(each, manager).map((message) => ({ path: ['services', index, 'check'], message })),
    ...realProblems(each, vip).map(({ path, message }) => ({ path: ['services', index, 'reals', ...path], message })),
  ]);
}

function checkProblems({ check: given, protocol }: DirectorService, manager: DirectorParams['manager']): string[] {
  if (given === undefined) return [];
  if (manager === 'ipvsadm') return ['ipvsadm checks nothing; health checks need manager: keepalived'];
  return protocol === 'udp' ? ['these checks make a TCP connection, and this service is udp'] : [];
}

function realProblems({ reals, method, port: own }: DirectorService, vip: string): Problem[] {
  const names = reals.map((each) => `${each.address}:${each.port ?? own}`);
  return reals.flatMap((each, index): Problem[] => [
    ...(each.address === vip
      ? [{ path: [index, 'address'], message: 'is the service address itself; name the server by an address of its own' }]
      : []),
    ...(names.indexOf(names[index] ?? '') < index ? [{ path: [index, 'address'], message: 'is there twice in this service' }] : []),
    ...(method !== 'nat' && each.port !== undefined && each.port !== own
      ? [{ path: [index, 'port'], message: `only nat changes the port: with ${method} a packet arrives at port ${own} as it was sent` }]
      : []),
  ]);
}
