import type { Action } from '../../model/action.ts';
import { IPVS_TABLE, type IpvsFact, ipvsEndpoint } from '../../model/ipvs-fact.ts';
import { ipvsService } from '../ipvs-service.ts';
import { serviceName } from '../ipvs-table.ts';
import { known, NOTHING, planBy, type Restorer } from './part.ts';

/** A virtual service with its real servers; a weight alone is set alone, so that a server's thresholds stay. */
export const ipvsRestorer: Restorer<'ipvs'> = {
  fields: ['exists', 'scheduler', 'persistentSec'],
  rank: () => 600,
  reads: ({ key }) => [{ kind: 'ipvs', key }],
  plan({ key, before }, { facts }) {
    if (key === IPVS_TABLE) return NOTHING;
    const service = serviceName(key);
    const state = before.exists === false ? 'absent' : 'present';
    const { scheduler, persistentSec, servers } = before;
    const persistent = known(persistentSec);
    const part = planBy(
      () => ipvsService({ ...service, scheduler: known(scheduler), persistent, servers: Array.isArray(servers) ? servers : [], state }),
      facts,
    );
    return 'refused' in part ? part : { ...part, actions: part.actions.map((action) => weightOnly(action, facts.get('ipvs', key))) };
  },
};

function weightOnly(action: Action, { servers }: IpvsFact): Action {
  if (action.kind !== 'setIpvsServer') return action;
  const { service, server } = action;
  const found = servers.find((each) => ipvsEndpoint(each) === ipvsEndpoint(server));
  return found?.method === server.method ? { kind: 'setIpvsWeight', service, server } : action;
}
