import { HOSTS } from './hosts.ts';
import { APT_FOLDER } from './root.ts';

/** Where the containers lie inside of the virtual machine: NAME is a host's own layer over `root`. */
export const CONTAINERS = '/srv/hosts';

/** Modules that the containers' network is made of. Each has its own tables and its own /proc/sys/net of them. */
const MODULES = [
  ...['bridge', 'veth', 'overlay', 'sit', 'ip6_tunnel', 'nf_conntrack', 'nf_tables', 'ip_tables', 'ip6_tables'],
  ...['ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_wlc', 'ip_vs_lc', 'ip_vs_sh'],
];

/**
 * The last layer is empty at first and holds what the host writes; a reboot (exit code 133) keeps it. Hosts may load modules, into the one kernel that
 * all share: without the right modprobe would fail there even for one that is loaded, since nspawn hides /sys/module.
 */
const UNIT = `[Unit]
Description=Host %i of the hardware lab
After=systemd-networkd.service systemd-modules-load.service
StartLimitIntervalSec=0

[Service]
ExecStartPre=/bin/mkdir -p ${CONTAINERS}/disks/%i/upper ${CONTAINERS}/disks/%i/work ${CONTAINERS}/disks/%i/merged
ExecStartPre=/bin/sh -c 'cd ${CONTAINERS} && { mountpoint -q disks/%i/merged || mount -t overlay host-%i -o lowerdir=%i:root,upperdir=disks/%i/upper,workdir=disks/%i/work disks/%i/merged; }'
ExecStart=/usr/bin/systemd-nspawn --quiet --boot --keep-unit --register=no --settings=no --kill-signal=SIGRTMIN+3 \\
  --directory=${CONTAINERS}/disks/%i/merged --machine=%i --network-bridge=br0 \\
  --timezone=off --resolv-conf=off --link-journal=no --console=read-only \\
  --bind-ro=${APT_FOLDER} --bind-ro=/lib/modules --capability=CAP_SYS_MODULE
KillMode=mixed
Delegate=yes
Restart=on-failure
RestartSec=200ms
RestartForceExitStatus=133
SuccessExitStatus=133
TimeoutStopSec=60
StandardOutput=null

[Install]
WantedBy=multi-user.target
`;

/** Name of the unit that runs a container. */
export function unitOf(name: string): string {
  return `lab-host@${name}.service`;
}

/** Units that the machine starts when it boots. */
export const MACHINE_UNITS = HOSTS.filter((host) => host.kind === 'container').map((host) => unitOf(host.name));

/** Files of the virtual machine's own root. */
export const MACHINE_FILES: Readonly<Record<string, string>> = {
  'etc/modules-load.d/lab.conf': `${MODULES.join('\n')}\n`,
  'etc/systemd/system/lab-host@.service': UNIT,
  // Seven systems, each with about six instances of root's.
  'etc/sysctl.d/50-lab.conf': 'fs.inotify.max_user_instances = 1024\n',
};

/** Files of the root that all containers share: nginx answers with the host's name. */
export const CONTAINER_FILES: Readonly<Record<string, string>> = {
  'etc/nginx/sites-available/default':
    'server {\n  listen 80 default_server;\n  listen [::]:80 default_server;\n  default_type text/plain;\n  location / { return 200 "$hostname\\n"; }\n}\n',
};
