import { CONNECTION_DEFAULTS } from '../../src/inventory/connection-defaults.ts';
import type { Checked } from '../../src/model/diagnostic.ts';
import type { Host, Vars } from '../../src/model/host.ts';
import type { Play, Playbook, RoleUse } from '../../src/model/play.ts';
import type { Role } from '../../src/model/role.ts';
import { loadPlaybook } from '../../src/playbook/load.ts';

/** Stands for the running drover's index. */
export const droverUrl = new URL('../../src/playbook/define.ts', import.meta.url).href;

/** Loads the text of a playbook that lies beside `cases/roles`. */
export function load(text: string): Promise<Checked<Playbook>> {
  const readFile = async () => text;
  return loadPlaybook('test/playbook/cases/site.yaml', { roleDirectories: [], droverUrl, readFile });
}

/** A host of groups `web` and `prod` with the given vars. */
export function hostOf(name: string, vars: Vars = {}): Host {
  return { name, groups: ['prod', 'web'], vars, connection: { ...CONNECTION_DEFAULTS, address: name } };
}

/** A use of a role without places. */
export function useOf(role: Role, params: Vars, tags: readonly string[] = []): RoleUse {
  return { role, params, tags, place: () => null, source: () => null };
}

/** A play with nothing but the given fields. */
export function playOf(fields: Partial<Play>): Play {
  return {
    name: 'play',
    hosts: 'all',
    hostsPlace: null,
    become: null,
    allow: { reboot: false, disconnect: false },
    tags: [],
    vars: {},
    roles: [],
    rollout: null,
    ...fields,
  };
}
