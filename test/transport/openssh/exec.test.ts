import { afterAll, beforeAll, describe } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import type { Connection } from '../../../src/model/transport.ts';
import { execCases } from '../exec-cases.ts';
import { noSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { connected, hostWith } from '../world.ts';
import { openSsh } from './processes.ts';

describe.skipIf(noSshd !== null)('scripts over a real sshd by the system’s ssh', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd({ config: ['MaxSessions 4'] });
  });
  afterAll(() => sshd.stop());

  const host = (): Host => hostWith({ port: sshd.port, keyFiles: [sshd.keyFile], knownHostsFiles: [sshd.knownHosts] });
  const connect = (): Promise<Connection> => connected(openSsh(), host());

  execCases(connect, { killed: { exitCode: 137, signal: null } });
});
