import { IPVS_TABLE, type IpvsName, ipvsKey, NO_SERVICE } from '../model/ipvs-fact.ts';
import type { Step, StepOptions, StepPlan } from '../model/step.ts';
import { checkEndpoint, wrong } from './ipvs-arguments.ts';
import { makeStep, StepArgumentError } from './step.ts';

/** The virtual services that a host may have. */
export interface IpvsTableOptions extends StepOptions {
  /** All of them, at least one; each is described by an `ipvsService` of its own. */
  readonly services: readonly IpvsName[];
}

/**
 * No virtual services but these: others of the kernel's table are taken away, live. Services by firewall mark are left alone. Throws
 * StepArgumentError for wrong arguments.
 */
export function ipvsTable(options: IpvsTableOptions): Step {
  const services = options.services.map((service) => {
    if (service.protocol !== 'tcp' && service.protocol !== 'udp')
      wrong(`protocol ${JSON.stringify(service.protocol)} must be 'tcp' or 'udp'`);
    return ipvsKey({ protocol: service.protocol, ...checkEndpoint(service) });
  });
  if (services.length === 0) throw new StepArgumentError('ipvsTable: name at least one service');
  return makeStep(
    {
      kind: 'ipvsTable',
      subject: services.join(','),
      reads: [{ kind: 'ipvs', key: IPVS_TABLE }],
      wants: [],
      plan: (facts) => remove(facts.get('ipvs', IPVS_TABLE).table.filter((key) => !services.includes(key))),
    },
    options,
  );
}

function remove(extra: readonly string[]): StepPlan {
  if (extra.length === 0) return { result: 'ok' };
  return {
    result: 'change',
    changes: extra.map((key) => ({ field: `service ${key}`, before: true, after: false })),
    predicted: extra.map((key) => ({ kind: 'ipvs', key, value: NO_SERVICE })),
    actions: extra.map((key) => ({ kind: 'removeIpvsService', service: serviceName(key) })),
    irreversible: 'the services that go are known by name only',
  };
}

/** The name in a fact's key. */
export function serviceName(key: string): IpvsName {
  const [, protocol, v6, v4, port] = /^(tcp|udp) (?:\[(.+)\]|([^[]+)):(\d+)$/.exec(key) ?? [];
  return { protocol: protocol === 'udp' ? 'udp' : 'tcp', address: v6 ?? v4 ?? '', port: Number(port) };
}
