import type { Operator } from '../engine.ts';
import { type Host, passwordsOf } from '../model/host.ts';
import { createRedactor, type Redactor } from '../report/redact.ts';
import type { Cli } from './cli.ts';

/** A redactor for the hosts' passwords and what else the operator gave, which from now on also guards everything the command writes. */
export function guardSecrets(hosts: readonly Host[], { keyPassphrase }: Operator, { output }: Cli): Redactor {
  const redactor = createRedactor([...hosts.flatMap(passwordsOf), ...(keyPassphrase ? [keyPassphrase.reveal()] : [])]);
  output.redactWith(redactor.text);
  return redactor;
}
