import { command, defineRole, pkg, reboot, type Step, service } from 'drover';
import { type Manager, managerOf } from './managers.ts';
import { params, type UpgradeParams } from './parameters.ts';

/** Packages at their newest version, and a reboot where one is required. */
export default defineRole({
  name: 'upgrade',
  description: 'Packages, or all of them, at the newest version of the host’s package lists; a reboot where one is required and allowed',
  platforms: [
    { family: 'debian', minVersion: 10 },
    { family: 'redhat', minVersion: 6 },
  ],
  params,
  steps({ params: wanted, facts, allow }) {
    const manager = managerOf(facts.packageManager);
    if (manager === null) return { refused: `the host has none of apt, dnf and yum` };
    const handlers = wanted.restart.map((name) => service({ name, state: 'restarted' }));
    return {
      steps: [
        ...refresh(wanted, manager),
        newest(wanted, manager),
        // Behind a reboot nothing has to be restarted, but the handlers do it all the same: they are kept until they have run.
        ...(wanted.reboot ? [reboot({ allowed: allow.reboot })] : []),
      ],
      handlers: { 'restart services': handlers },
    };
  },
});

/** When drover fetched the lists. */
const STAMP = '/var/lib/drover/package-lists';

function refresh({ refreshMinutes }: UpgradeParams, { refresh: fetch, stamps }: Manager): Step[] {
  if (refreshMinutes === 0) return [];
  return [
    command({
      name: `package lists are at most ${refreshMinutes} min old`,
      command: `${fetch} && mkdir -p /var/lib/drover && touch ${STAMP}`,
      unless: `find ${[STAMP, ...stamps].join(' ')} -mmin -${refreshMinutes} 2>/dev/null | grep -q .`,
      deadlineMs: 15 * 60_000,
    }),
  ];
}

function newest({ packages, restart }: UpgradeParams, { pending, upgradeAll }: Manager): Step {
  const notify = restart.length === 0 ? [] : ['restart services'];
  if (packages !== 'all') return pkg({ names: packages, state: 'latest', notify });
  return command({
    name: 'all packages are at their newest version',
    command: upgradeAll,
    unless: pending,
    deadlineMs: 60 * 60_000,
    notify,
  });
}
