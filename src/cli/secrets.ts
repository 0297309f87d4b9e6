import type { Operator } from '../engine.ts';
import { type Host, passwordsOf } from '../model/host.ts';
import type { Redactor } from '../report/redact.ts';
import type { Cli } from './cli.ts';

/** The redactor of the command, which knows from now on the hosts' passwords and what else the operator gave, and guards everything the command writes. */
export function guardSecrets(hosts: readonly Host[], { keyPassphrase }: Operator, { output }: Cli): Redactor {
  output.redactor.learn([...hosts.flatMap(passwordsOf), ...(keyPassphrase ? [keyPassphrase.reveal()] : [])]);
  return output.redactor;
}
