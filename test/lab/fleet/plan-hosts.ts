import { join } from 'node:path';
import type { Place } from './place.ts';
import { type FleetOptions, hasSystemd, type LabHost } from './types.ts';

/** The hosts a fleet will have: web01…, then db01…, then busybox, then el9; addresses from .11 on. */
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
  const others = [
    ...(options.busybox ? [{ name: 'busybox', kind: 'busybox', groups: ['small'] } as const] : []),
    ...(options.redhat === true ? [{ name: 'el9', kind: 'redhat', groups: ['redhat'] } as const] : []),
  ];
  return [...debian, ...others.map((each, index) => planHost(place, { ...each, index: options.hosts + index }))];
}

/** The hosts that are off at first: lb01…, at addresses from .211 on. */
export function planSpares({ balancers = 0 }: FleetOptions, place: Place): LabHost[] {
  return Array.from({ length: balancers }, (_, index) =>
    planHost(place, { name: `lb${String(index + 1).padStart(2, '0')}`, kind: 'debian', groups: ['balancers'], index: index + 200 }),
  );
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
    user: hasSystemd(kind) ? 'drover' : 'root',
    machine: `${place.bridge}-${name}`,
    directory,
  };
}
