import type { Host } from '../src/model/host.ts';
import type { RolloutSettings } from '../src/model/rollout.ts';

/** A host of this name that nothing is to be asked of. */
export function hostNamed(name: string): Host {
  return {
    name,
    groups: ['all'],
    vars: {},
    connection: {
      transport: 'local',
      address: name,
      given: {},
      sshArguments: [],
      sshConfigFile: 'none',
      hostKeyPolicy: 'strict',
      password: null,
      becomePassword: null,
      become: {},
      deadlines: { connectMs: 1, authenticateMs: 1, channelMs: 1, becomeMs: 1, readMs: 1, actionMs: 1 },
    },
  };
}

/** The settings of a rollout that says nothing of itself, and what it says. */
export function rolloutSettings(more: Partial<RolloutSettings> = {}): RolloutSettings {
  return {
    serial: [],
    order: { kind: 'inventory' },
    spread: [],
    maxFailures: { batch: null, total: { kind: 'count', count: 0 } },
    onFailure: 'putBack',
    soakMs: 0,
    onGateFailure: 'halt',
    ...more,
  };
}
