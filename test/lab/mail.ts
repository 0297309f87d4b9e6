import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { sh } from './kind-case.ts';
import { lab } from './lab.ts';

/** The body that SpamAssassin takes for spam whatever its score (GTUBE). */
export const GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

/** A playbook with the role spamass-milter alone. */
export function milterPlaybook(hosts: string, params: string): string {
  return `- hosts: ${hosts}\n  become: true\n  roles:\n    - role: spamass-milter\n      params: { ${params} }\n`;
}

/** Sends a message from this machine, which the milter does not ignore, and resolves to the answer to its end. */
export async function sendMail(name: string, body: string): Promise<string> {
  const socket = connect({ host: lab().host(name).address, port: 25, timeout: 60_000 });
  const said = [
    ...['EHLO client.example.com', 'MAIL FROM:<sender@example.com>', 'RCPT TO:<root@localhost>', 'DATA'],
    `From: sender@example.com\r\nTo: root@localhost\r\nSubject: drover\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${Date.now()}@example.com>\r\n\r\n${body}\r\n.`,
  ];
  try {
    for await (const line of createInterface({ input: socket })) {
      // A dash behind the code says that more lines follow (RFC 5321, section 4.2.1).
      if (line[3] === '-') continue;
      const next = said.shift();
      if (next === undefined || /^[45]/.test(line)) return line;
      socket.write(`${next}\r\n`);
    }
  } finally {
    socket.destroy();
  }
  throw new Error('the server hung up');
}

/** SpamAssassin looks for a name server for 15 s at each start; the lab has none. Said in a file that no role writes, before it is installed. */
export async function withoutNameServer(name: string): Promise<void> {
  await sh(name, 'mkdir -p /etc/spamassassin; echo dns_available no >/etc/spamassassin/lab.cf');
}
