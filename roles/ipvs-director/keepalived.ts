import type { DirectorCheck, DirectorParams, DirectorService } from './parameters.ts';

const KINDS = { dr: 'DR', nat: 'NAT', tun: 'TUN' } as const;
const USUAL: DirectorCheck = { kind: 'tcp', path: '/', interval: 6, timeout: 3 };

/**
 * keepalived.conf(5) with virtual servers alone: the address is the network system's, so there is no VRRP instance. A real server that does not
 * answer twice is taken out, and comes back with its first answer.
 */
export function keepalivedConf({ vip, services }: Pick<DirectorParams, 'vip' | 'services'>): string {
  return `# Virtual services of this director (role ipvs-director)\n${services.map((service) => virtualServer(vip, service)).join('')}`;
}

function virtualServer(vip: string, { protocol, port, scheduler, persistent, method, reals, check = USUAL }: DirectorService): string {
  const servers = reals.map(
    (real) => `
    real_server ${real.address} ${real.port ?? port} {
        weight ${real.weight}
${protocol === 'udp' ? '' : checker(check)}    }
`,
  );
  return `
virtual_server ${vip} ${port} {
    protocol ${protocol.toUpperCase()}
    lb_algo ${scheduler}
    lb_kind ${KINDS[method]}
${persistent === undefined ? '' : `    persistence_timeout ${persistent}\n`}    delay_loop ${check.interval}
${servers.join('')}}
`;
}

function checker({ kind, path, timeout }: DirectorCheck): string {
  const common = `            connect_timeout ${timeout}\n            retry 1\n            delay_before_retry 1\n`;
  switch (kind) {
    case 'tcp':
      return `        TCP_CHECK {\n${common}        }\n`;
    case 'smtp':
      return `        SMTP_CHECK {\n${common}            helo_name localhost\n        }\n`;
    case 'http':
      return `        HTTP_GET {
            url {
                path ${path}
                status_code 200
            }
${common}        }
`;
  }
}
