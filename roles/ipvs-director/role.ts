import { type BaseFacts, defineRole, file, type Step, service, sysctl } from 'drover';
import { announcement, keeperProblem, serviceAddress } from './address.ts';
import { conflict } from './conflict.ts';
import { byIpvsadm, byKeepalived, noOtherManager, proofsOfKeepalived } from './managers.ts';
import { type DirectorParams, params } from './parameters.ts';

/** Director of IPVS: the service address, the virtual services and their real servers, now and after a reboot. */
export default defineRole({
  name: 'ipvs-director',
  description: 'Director of IPVS: a service address and its virtual services, spread over real servers, now and after a reboot',
  platforms: [
    { family: 'debian', minVersion: 10, init: 'systemd' },
    { family: 'redhat', minVersion: 6 },
  ],
  params,
  steps({ params: wanted, facts }) {
    const problem = conflict(wanted, facts) ?? keeperProblem(wanted, facts.network);
    if (problem !== null) return { refused: problem };
    const isKept = wanted.manager === 'keepalived';
    return {
      steps: [
        noOtherManager(),
        ...modules(wanted, facts),
        ...forwarding(wanted, facts),
        ...serviceAddress(wanted, facts),
        ...(isKept ? byKeepalived(wanted, facts) : byIpvsadm(wanted, facts)),
      ],
      handlers: {
        'announce the address': announcement(wanted),
        ...(isKept ? { 'reload keepalived': service({ name: 'keepalived', state: 'reloaded' }) } : {}),
      },
      proofs: isKept ? proofsOfKeepalived(wanted) : [],
    };
  },
});

/** Loaded at boot, before either manager asks for them; on older hosts ipvsadm's script does it. */
function modules({ services }: DirectorParams, { init }: BaseFacts): Step[] {
  if (init !== 'systemd') return [];
  const schedulers = [...new Set(services.map(({ scheduler }) => `ip_vs_${scheduler}`))].sort();
  const content = `# For the director (role ipvs-director)\n${['ip_vs', ...schedulers].join('\n')}\n`;
  return [file({ path: '/etc/modules-load.d/ipvs-director.conf', content, mode: '0644' })];
}

/** Masquerading forwards packets, and must not tell real servers of a shorter way past it. For redirects the kernel takes `all` or the interface's. */
function forwarding({ services, interface: name }: DirectorParams, { init }: BaseFacts): Step[] {
  if (!services.some(({ method }) => method === 'nat')) return [];
  const path = init === 'systemd' ? '/etc/sysctl.d/60-ipvs-director.conf' : '/etc/sysctl.conf';
  return [
    sysctl({ key: 'net.ipv4.ip_forward', value: 1, file: path }),
    sysctl({ key: 'net.ipv4.conf.all.send_redirects', value: 0, file: path }),
    sysctl({ key: `net.ipv4.conf.${name.replaceAll('.', '/')}.send_redirects`, value: 0, file: path }),
  ];
}
