import type { ConnectionSettings } from '../model/host.ts';
import { CONNECTION_VARS, SSH_ARGUMENT_VARS } from './connection-vars.ts';

/** A setting that no transport follows yet. */
export interface UnsupportedYet {
  /** To stand before "is not supported yet". */
  readonly what: string;
  /** The vars that may have set it. */
  readonly vars: readonly string[];
}

type Row = readonly [isSet: boolean, what: string, vars: readonly string[]];

/** What of a host's settings the transports cannot follow yet. The one place that says so: what they learn loses its line here. */
export function unsupportedYet(settings: ConnectionSettings): readonly UnsupportedYet[] {
  const { become, transport } = settings;
  const rows: readonly Row[] = [
    ...(transport === 'ssh' ? sshRows(settings) : []),
    [become?.enabled !== undefined, 'become of a host', CONNECTION_VARS.become],
    [become?.user !== undefined, 'become_user of a host', CONNECTION_VARS.becomeUser],
    [(become?.method ?? 'sudo') !== 'sudo', 'a become_method other than sudo', CONNECTION_VARS.becomeMethod],
  ];
  return rows.filter(([isSet]) => isSet).map(([, what, vars]) => ({ what, vars }));
}

function sshRows({ given = {}, jump = [], proxyCommand, sshConfigFile, password }: ConnectionSettings): readonly Row[] {
  return [
    [jump.length > 0, 'ProxyJump', SSH_ARGUMENT_VARS],
    [proxyCommand !== undefined, 'ProxyCommand', SSH_ARGUMENT_VARS],
    [sshConfigFile !== undefined && sshConfigFile !== 'none', '-F', SSH_ARGUMENT_VARS],
    [given.hostName !== undefined, 'HostName', SSH_ARGUMENT_VARS],
    [given.hostKeyAlias !== undefined, 'HostKeyAlias', SSH_ARGUMENT_VARS],
    [given.hostKeyAlgorithms !== undefined, 'HostKeyAlgorithms', SSH_ARGUMENT_VARS],
    [given.identitiesOnly === true, 'IdentitiesOnly', SSH_ARGUMENT_VARS],
    [password !== undefined, 'logging in with a password', CONNECTION_VARS.password],
  ];
}
