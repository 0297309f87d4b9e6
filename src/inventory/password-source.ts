import { spawnSync } from 'node:child_process';
import { diagnose, inPlaceOrder, uniqueDiagnostics } from '../errors/diagnose.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Host } from '../model/host.ts';
import { Secret } from '../model/secret.ts';
import type { VarDefinition } from './inventory.ts';

/** Where a password comes from that does not stand in the inventory. */
export type PasswordSource = { readonly env: string } | { readonly command: string };

/** What passwords are fetched from. */
export interface Surroundings {
  /** Directory in which commands are run. */
  readonly cwd: string;
  /** Variables that are read are taken out of it. */
  readonly env: { [name: string]: string | undefined };
}

/** A password that is fetched only where a run uses its host. */
export class FetchedSecret extends Secret {
  readonly definition: VarDefinition;
  readonly source: PasswordSource;
  #fetched: Secret | null = null;

  constructor(definition: VarDefinition, source: PasswordSource) {
    super('');
    this.definition = definition;
    this.source = source;
  }

  override reveal(): string {
    if (this.#fetched === null) throw new Error(`${this.definition.name} was not fetched`);
    return this.#fetched.reveal();
  }

  /** Takes what its source gave. */
  settle(fetched: Secret): void {
    this.#fetched = fetched;
  }
}

/** Fetches what these hosts' passwords come from, each source once. Returns what is wrong, at the vars. */
export function fetchPasswords(hosts: Iterable<Host>, surroundings: Surroundings): readonly Diagnostic[] {
  const known = new Map<string, Secret | string>();
  const problems: Diagnostic[] = [];
  for (const { connection } of new Set(hosts)) {
    for (const secret of [connection.password, connection.becomePassword]) {
      if (!(secret instanceof FetchedSecret)) continue;
      const key = JSON.stringify(secret.source);
      const outcome = known.get(key) ?? fetch(secret.source, surroundings);
      known.set(key, outcome);
      if (outcome instanceof Secret) secret.settle(outcome);
      else problems.push(problemAt(secret.definition, outcome));
    }
  }
  return inPlaceOrder(uniqueDiagnostics(problems));
}

function problemAt({ name, place, source }: VarDefinition, why: string): Diagnostic {
  return diagnose('connection-setting', `${name} cannot be had: ${why}`, { place, source });
}

/** The password, or why there is none; of a command that says nothing of what it printed. */
function fetch(source: PasswordSource, { cwd, env }: Surroundings): Secret | string {
  if ('env' in source) {
    const value = env[source.env] ?? '';
    delete env[source.env];
    return value === '' ? `${source.env} is not set in the environment` : new Secret(value);
  }
  // Like the passwords of flags: it may ask at the terminal, and what it has to say goes there.
  const { status, signal, error, stdout } = spawnSync('/bin/sh', ['-c', source.command], {
    cwd,
    env,
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (error !== undefined) return error.message;
  if (status !== 0)
    return status === null ? `its command was ended by ${signal ?? 'a signal'}` : `its command ended with exit code ${status}`;
  const line = stdout.split(/\r?\n/, 1)[0] ?? '';
  return line === '' ? 'its command printed nothing' : new Secret(line);
}
