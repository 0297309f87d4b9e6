import { defineRole, directory, file, line, pkg, type Step, service, user, z } from 'drover';

/** Fifty steps of the kinds that fleets are made of, as many times over as asked. */
export default defineRole({
  name: 'bench',
  description: 'Directories, files, line edits, services, packages and a user, for the benchmark',
  platforms: [{ family: 'debian' }],
  params: z.strictObject({ times: z.number().int().min(1).default(1).describe('How many times fifty steps') }),
  steps: ({ params }) => ({ steps: Array.from({ length: params.times }, (_, index) => fifty(index)).flat() }),
});

/** 10 directories, 20 files, 15 line edits, 3 services, 1 step of 3 packages, 1 user. */
function fifty(index: number): Step[] {
  const root = `/srv/bench${index}`;
  const ten = Array.from({ length: 10 }, (_, each) => each);
  return [
    directory({ path: root, mode: '0755' }),
    ...ten.slice(1).map((each) => directory({ path: `${root}/d${each}`, mode: '0750' })),
    ...[...ten, ...ten.map((each) => each + 10)].map((each) =>
      file({ path: `${root}/f${each}`, content: `file ${each}\n`.repeat(20), mode: '0640' }),
    ),
    ...[...ten, 10, 11, 12, 13, 14].map((each) =>
      line({ path: `${root}/edited${each % 5}`, match: `key${each}=`, line: `key${each}=${each}`, create: true }),
    ),
    ...['cron', 'ssh', 'systemd-networkd'].map((name) => service({ name, enabled: true, state: 'running' })),
    pkg({ names: ['cron', 'sudo', 'iproute2'] }),
    user({ name: `bench${index}`, shell: '/bin/sh', comment: 'benchmark' }),
  ];
}
