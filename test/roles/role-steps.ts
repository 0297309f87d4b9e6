import type { BaseFacts } from '../../src/model/fact.ts';
import type { Role, RoleSteps } from '../../src/model/role.ts';

/** What a role makes of raw parameters on a host with these facts. */
export function made<P>(role: Role<P>, facts: BaseFacts, params: object, allow = { reboot: false, disconnect: false }): RoleSteps {
  return role.steps({ params: role.params.parse(params), facts, host: { name: 'host', groups: [], vars: {} }, allow });
}

/** The same where it is not refused. */
export function stepsOf<P>(role: Role<P>, facts: BaseFacts, params: object, allow?: { reboot: boolean; disconnect: boolean }): Made {
  const result = made(role, facts, params, allow);
  if ('refused' in result) throw new Error(result.refused);
  return result;
}

type Made = Exclude<RoleSteps, { refused: string }>;
