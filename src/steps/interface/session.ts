import type { BaseFacts } from '../../model/fact.ts';

/** Why something is not done to an interface by which drover's own SSH connection comes in. */
export function overSession(doing: string, device: string, { sshConnection }: BaseFacts): string {
  const from = sshConnection === null ? '' : `, from ${sshConnection.client} to ${sshConnection.server}`;
  return `${doing} may cut the SSH session that drover came by over ${device}${from}; the play does not allow it (allow: [disconnect])`;
}
