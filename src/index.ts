/** drover's public API: what roles and typed playbooks import. */
export { z } from 'zod';
export type { Content, FieldValue } from './model/content.ts';
export type { BaseFacts, InterfaceAddress, NetworkSystem, OsFamily } from './model/fact.ts';
export type { Vars, VarValue } from './model/host.ts';
export type { Platform, Role, RoleContext, RoleSteps } from './model/role.ts';
export type { HostRecord, Run, StepRecord } from './model/run.ts';
export type { Step, StepOptions } from './model/step.ts';
export { definePlaybook, defineRole } from './playbook/define.ts';
