import { setTimeout as delay } from 'node:timers/promises';
import type { Host } from '../../model/host.ts';
import { type Connection, type Transport, TransportError } from '../../model/transport.ts';
import { ScriptSession } from '../script-session.ts';
import type { Traveller } from '../ssh/routes.ts';
import { Turnstile } from '../ssh/turnstile.ts';
import { connectMsOf, givenArguments, settledArguments } from './command-line.ts';
import { askSsh, type EffectiveConfig, type SshSurroundings } from './effective-config.ts';
import { Master } from './master.ts';
import { OpenSshLink } from './openssh-link.ts';

/** Connections that are not authenticated yet, as for the transport ssh; each is a process of its own here. */
const AT_ONCE = { each: 8, all: 32 };

/** Waits before connecting again where a server hung up before it said who it is: sshd does so when it has too many (MaxStartups). */
const RETRY_MS = [250, 500, 1_000];

/**
 * Reaches hosts by the system's ssh(1): one master process for each, which holds the connection for all scripts. It reads ssh_config itself, and knows
 * certificates, FIDO keys, GSSAPI and whatever else is built into it. It never asks.
 * @param say Is told what somebody has to do while a host is connected to: touch a key.
 */
export function createOpenSshTransport(traveller: Traveller, say: (sentence: string) => void = () => {}): Transport {
  const { agentSocket, cwd } = traveller;
  const { SSH_AUTH_SOCK: _, ...rest } = process.env;
  // A program that asks in a window is no better than a terminal.
  const env = { ...rest, ...(agentSocket !== null && { SSH_AUTH_SOCK: agentSocket }), SSH_ASKPASS_REQUIRE: 'never' };
  const surroundings: SshSurroundings = { cwd, env };
  const turnstile = new Turnstile(AT_ONCE);

  async function startMaster(host: Host, signal: AbortSignal): Promise<Master> {
    const { connection } = host;
    const given = givenArguments(connection, traveller.home);
    const config = await askSsh([...given, '--', connection.address], surroundings, signal);
    const { deadlines, address } = connection;
    const plan = {
      args: [...settledArguments(connection, config), ...given],
      host: address,
      target: targetOf(config, address),
      surroundings,
      connectMs: connectMsOf(connection, config),
      authenticateMs: deadlines.authenticateMs,
      say: (sentence: string) => say(`${host.name}: ${sentence}`),
    };
    for (let again = 0; ; again += 1) {
      try {
        return await turnstile.through(queueOf(config), () => Master.start(plan, signal));
      } catch (error) {
        const waitMs = RETRY_MS[again];
        if (waitMs === undefined || signal.aborted || !isHangUp(error)) throw error;
        // Not all at the same time again.
        await delay(waitMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
      }
    }
  }

  return {
    async connect(host: Host, signal: AbortSignal): Promise<Connection> {
      const startedAt = performance.now();
      if (signal.aborted) throw new TransportError('aborted', 'stopped before it was connected');
      const master = await startMaster(host, signal);
      return new ScriptSession(host, new OpenSshLink(master, surroundings, Math.round(performance.now() - startedAt)));
    },
  };
}

function targetOf(config: EffectiveConfig, address: string): { address: string; port: string; user: string } {
  return { address: config.get('hostname') ?? address, port: config.get('port') ?? '22', user: config.get('user') ?? '' };
}

/** The machine whose sshd counts the connections: the first on the way. */
function queueOf(config: EffectiveConfig): string {
  const jumps = config.get('proxyjump') ?? 'none';
  const command = config.get('proxycommand') ?? 'none';
  if (jumps !== 'none') return `jump ${jumps.split(',')[0]}`;
  return command === 'none' ? JSON.stringify([config.get('hostname'), config.get('port')]) : 'ProxyCommand';
}

/** Nothing was sent but the version, so connecting again repeats nothing. */
function isHangUp(error: unknown): boolean {
  return error instanceof TransportError && error.phase === 'handshake' && !error.deadline;
}
