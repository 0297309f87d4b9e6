import { canonicalAddress } from '../model/network-address.ts';
import { parseAddress } from './base.ts';

/** drover's own SSH connection, as seen from the host's network. */
export interface Session {
  /** Address of the client, as `ip` prints it; null without a connection. */
  readonly client: string | null;
  /** Interfaces that it comes in by: one has the server's address, one leads to the client. Mostly one and the same. */
  readonly devices: readonly string[];
}

/** Prints the connection, the route to its client, and the addresses of the host. */
export const SESSION_SCRIPT = `
echo "\${SSH_CONNECTION:-}"
case "\${SSH_CONNECTION:-}" in
  '') ;;
  *:*) ip -6 -o route get "\${SSH_CONNECTION%%[ %]*}" 2>/dev/null ;;
  *) ip -o route get "\${SSH_CONNECTION%% *}" 2>/dev/null ;;
esac
ip -o addr show 2>/dev/null`;

/** What SESSION_SCRIPT prints → the connection. */
export function parseSession(text: string): Session {
  const [connection = '', ...lines] = text.split('\n');
  const [from = '', , server = ''] = connection.split(' ');
  if (from === '') return { client: null, devices: [] };
  const [client = '', scope] = from.split('%');
  const to = server.split('%')[0];
  const own = lines.flatMap(parseAddress).flatMap((each) => (each.address === to ? [each.interface] : []));
  const route = lines.find((line) => !/^\d+: /.test(line) && / dev \S/.test(line));
  const leads = scope ?? / dev (\S+)/.exec(route ?? '')?.[1];
  return { client: canonicalAddress(client), devices: [...new Set([...own, ...(leads === undefined ? [] : [leads])])] };
}
