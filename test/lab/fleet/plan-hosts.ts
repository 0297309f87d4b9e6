import { join } from 'node:path';
import type { Place } from './place.ts';
import type { FleetOptions, LabHost } from './types.ts';

/** The hosts a fleet will have: web01…, then db01…, then busybox; addresses from .11 on. */
export function planHosts(options: FleetOptions, place: Place): LabHost[] {
  const webs = Math.ceil(options.hosts / 2);
  const debian = Array.from({ length: options.hosts }, (_, index) => {
    const [group, position] = index < webs ? ['web', index + 1] : ['db', index - webs + 1];
    return planHost(place, {
      name: `${group}${String(position).padStart(2, '0')}`,
      kind: 'debian',
      groups: ['debian', group as string],
      index,
    });
  });
  if (!options.busybox) return debian;
  return [...debian, planHost(place, { name: 'busybox', kind: 'busybox', groups: ['small'], index: options.hosts })];
}

function planHost(place: Place, part: Pick<LabHost, 'name' | 'kind' | 'groups'> & { index: number }): LabHost {
  const { name, kind, groups, index } = part;
  const directory = join(place.directory, 'hosts', name);
  const address = `10.213.${place.number}.${index + 11}`;
  return {
    name,
    kind,
    groups,
    address,
    port: 22,
    user: kind === 'debian' ? 'drover' : 'root',
    machine: `${place.bridge}-${name}`,
    directory,
  };
}
