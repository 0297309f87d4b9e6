import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import { ProgressParser } from '../../src/actions/script.ts';
import { type PlannedRun, startRun } from '../../src/execute/run.ts';
import { DEFAULT_DEADLINES } from '../../src/inventory/connection-defaults.ts';
import type { Emit, RunEvent } from '../../src/model/event.ts';
import { type BaseFacts, type FactRequest, type FactState, factId } from '../../src/model/fact.ts';
import type { Become, Host } from '../../src/model/host.ts';
import type { Notices } from '../../src/model/notice-fact.ts';
import type { CompiledAction, HostPlay, LockClaim, Ports } from '../../src/model/ports.ts';
import type { Role } from '../../src/model/role.ts';
import type { PlayTask } from '../../src/model/rollout-task.ts';
import type { Run, RunMode } from '../../src/model/run.ts';
import type { Cloud, Step } from '../../src/model/step.ts';
import type { ExecOptions, ReadScript, TransportError, WriteScript } from '../../src/model/transport.ts';
import { createPorts } from '../../src/ports.ts';
import { createFakeTransport, type FakeScript, type FakeTransport } from '../../src/transport/fake/fake-transport.ts';

export const BASE: BaseFacts = {
  hostname: 'h',
  kernel: { name: 'Linux', release: '6.1', machine: 'x86_64' },
  os: { family: 'debian', id: 'debian', idLike: [], version: '12', codename: 'bookworm', name: 'Debian 12' },
  init: 'systemd',
  packageManager: 'apt',
  network: 'networkd',
  addresses: [],
  bootId: 'boot 1',
  sshConnection: { client: '192.0.2.9', server: '192.0.2.1', serverPort: 22 },
  as: { user: 'root', group: 'root', uid: 0, home: '/root' },
  busybox: false,
};

export function host(name: string): Host {
  return {
    name,
    groups: [],
    vars: {},
    connection: {
      transport: 'ssh',
      address: name,
      given: {},
      sshArguments: [],
      sshConfigFile: 'none',
      hostKeyPolicy: 'strict',
      password: null,
      becomePassword: null,
      become: {},
      deadlines: DEFAULT_DEADLINES,
    },
  };
}

/** A step that sets one kernel parameter of the model host. */
export function set(key: string, value: string, options: { notify?: readonly string[]; cloud?: Cloud } = {}): Step {
  return {
    kind: 'set',
    subject: key,
    notify: options.notify ?? [],
    reads: [{ kind: 'sysctl', key }],
    wants: [{ field: 'value', after: value }],
    plan: (facts) => {
      const now = facts.get('sysctl', key).value;
      if (now === value) return { result: 'ok' };
      return {
        result: 'change',
        changes: [{ field: 'value', before: now, after: value }],
        predicted: [{ kind: 'sysctl', key, value: { value } }],
        actions: [{ kind: 'setSysctl', key, value }],
        cloud: options.cloud ?? 'nothing',
      };
    },
  };
}

export function refusing(subject: string): Step {
  return { kind: 'set', subject, notify: [], reads: [], wants: [], plan: () => ({ result: 'refused', reason: 'no' }) };
}

export function play(
  index: number,
  steps: readonly Step[],
  handlers: { [name: string]: Step } = {},
  become: Become | null = null,
): HostPlay {
  const proofs = steps.filter((step) => step.subject.startsWith('proof '));
  const role: Role = {
    drover: 'role',
    name: `r${index}`,
    description: '',
    platforms: 'any',
    params: z.unknown(),
    steps: () => ({ steps: steps.filter((step) => !proofs.includes(step)), handlers, proofs }),
  };
  return {
    index,
    part: 'roles',
    name: `play ${index}`,
    become,
    allow: { reboot: false, disconnect: false },
    roles: [{ role, params: {} }],
  };
}

/** A write script as the rig compiles it. */
export interface Script {
  readonly nonce: string;
  readonly claim: LockClaim;
  readonly actions: readonly ({ kind: string; key: string; value: string; what?: string } & Notices)[];
}

/** A model host: kernel parameters in a map, and what its scripts do to them. A guard `x=1` holds while x is 1. */
export class ModelHost {
  readonly values: Map<string, string>;
  readonly written: string[] = [];
  /** What an action does besides setting its key; may reject to lose the link. */
  onAction: (key: string, say: (line: string) => void) => Promise<number> | number = () => 0;

  /** What a reboot does; may reject to lose the link. */
  onReboot: () => Promise<void> | void = () => {};
  boot = 1;
  /** The run that has the host. */
  lockedBy: string | null = null;
  /** Scripts that were told to stop before their next action. */
  readonly #stopped = new Set<string>();

  constructor(values: Readonly<Record<string, string>> = {}) {
    this.values = new Map(Object.entries(values));
  }

  read(text: string): string {
    if (text === 'boot') return `boot ${this.boot}\n`;
    const keys: string[] = JSON.parse(text);
    return JSON.stringify(Object.fromEntries(keys.map((key) => [key, this.values.get(key) ?? this.#guard(key)])));
  }

  #guard(key: string): string | null {
    const [name = '', value] = key.split('=');
    return value === undefined ? null : String(this.values.get(name) === value);
  }

  async write(script: WriteScript, options: ExecOptions): Promise<string> {
    if (script.text === 'release') this.lockedBy = null;
    if (script.text.startsWith('umask')) this.#stopped.add(/drover-stop-(\w+)/.exec(script.text)?.[1] ?? '');
    if (!script.text.startsWith('{')) return '';
    const { nonce, actions, claim }: Script = JSON.parse(script.text);
    const say = (line: string): void => options.onStdout?.(Buffer.from(`\n${nonce} ${line}\n`));
    if (this.lockedBy !== null && this.lockedBy !== claim.run) {
      say(`locked ${this.lockedBy} 90 somebody@example.com`);
      return '';
    }
    this.lockedBy = claim.run;
    for (const [index, { kind, key, value, keep, forget }] of actions.entries()) {
      if (this.#stopped.has(nonce)) {
        this.lockedBy = null;
        say(`stopped ${index}`);
        return '';
      }
      say(`start ${index}`);
      if (kind === 'reboot') {
        this.boot += 1;
        await this.onReboot();
        say(`end ${index} 0`);
        continue;
      }
      for (const notice of keep) this.values.set(notice.key, `${notice.run} ${notice.by}`);
      const code = await this.onAction(key, say);
      if (code === 0) {
        for (const notice of forget) this.values.delete(notice);
        this.values.set(key, value);
        this.written.push(key);
      }
      say(`end ${index} ${code}`);
      if (code !== 0) {
        this.lockedBy = null;
        return '';
      }
    }
    if (claim.isLast) this.lockedBy = null;
    return '';
  }
}

export interface Rig {
  readonly hosts: ReadonlyMap<string, ModelHost>;
  readonly transport: FakeTransport;
  readonly events: RunEvent[];
  readonly soft: AbortController;
  readonly hard: AbortController;
  start(plays: (host: string) => readonly HostPlay[], options?: RigOptions & { mode?: RunMode }): Promise<PlannedRun>;
  run(plays: (host: string) => readonly HostPlay[], options?: RigOptions): Promise<{ plan: Run; applied: Run }>;
}

export interface RigOptions {
  readonly forks?: number;
  /** Number of plays without a rollout, or the plays. */
  readonly plays?: number | readonly PlayTask[];
  /** Names of the hosts that take part in the run. Default: all. */
  readonly take?: readonly string[];
}

/** What a test does otherwise than the rig. */
export interface RigOverrides extends Pick<FakeScript, 'connect'> {
  readonly failRead?: (host: string) => TransportError | null;
  /** Called before anything is read from a host or written to it; may take its time, and may reject. */
  readonly onScript?: (host: string, script: ReadScript | WriteScript) => Promise<void>;
  readonly onEvent?: (event: RunEvent) => void;
  readonly clock?: Pick<Ports, 'pause' | 'now'>;
}

/** A fleet of model hosts behind the fake transport, with the real planner and executor. */
export function rig(hosts: Readonly<Record<string, ModelHost>>, overrides: RigOverrides = {}): Rig {
  const map = new Map(Object.entries(hosts));
  const of = (name: string): ModelHost => {
    const found = map.get(name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  };
  const transport = createFakeTransport({
    ...(overrides.connect === undefined ? {} : { connect: overrides.connect }),
    read: async (where, script) => {
      await overrides.onScript?.(where.name, script);
      const failure = overrides.failRead?.(where.name) ?? null;
      if (failure !== null) throw failure;
      return script.text === 'base' ? 'base' : of(where.name).read(script.text);
    },
    write: async (where, script, options) => {
      await overrides.onScript?.(where.name, script);
      return of(where.name).write(script, options);
    },
  });
  const events: RunEvent[] = [];
  const emit: Emit = (event) => {
    events.push(event);
    overrides.onEvent?.(event);
  };
  const soft = new AbortController();
  const hard = new AbortController();
  setMaxListeners(0, soft.signal, hard.signal);
  let count = 0;
  const ports: Ports = {
    ...createPorts(transport),
    facts: {
      ...createPorts(transport).facts,
      baseScript: { kind: 'read', text: 'base' },
      parseBase: () => BASE,
      bootScript: { kind: 'read', text: 'boot' },
      compileFirstRead: () => ({ script: { kind: 'read', text: 'base' }, parse: () => ({ base: BASE, answered: [], facts: new Map() }) }),
      compileRead,
    },
    actions: {
      ...createPorts(transport).actions,
      compileAction: (action) => ({ summary: action.kind, script: JSON.stringify(action) }),
      withNotices: (compiled, notices) => ({ ...compiled, script: JSON.stringify({ ...JSON.parse(compiled.script), ...notices }) }),
      compileWrite: (actions: readonly CompiledAction[], nonce, claim) => ({
        kind: 'write',
        text: JSON.stringify({ nonce, claim, actions: actions.map(({ script }) => JSON.parse(script)) }),
      }),
      releaseScript: () => ({ kind: 'write', text: 'release' }),
      trackProgress: (nonce, onEvent) => new ProgressParser(nonce, onEvent),
    },
    pause: async () => {},
    ...overrides.clock,
    nonce: () => {
      count += 1;
      return `n${count}`;
    },
  };
  const start: Rig['start'] = (plays, options = {}) =>
    startRun(
      (options.take ?? [...map.keys()]).map((name) => ({ host: host(name), plays: plays(name) })),
      {
        header: {
          id: 'r',
          mode: options.mode ?? 'apply',
          argv: [],
          startedAt: '',
          drover: '0',
          playbook: 'p',
          inventory: [],
          limit: null,
          tags: [],
        },
        owner: 'tester@example.com',
        plays: playTasks(options.plays ?? 1),
        forks: options.forks ?? 10,
        ports,
        emit,
        stop: { soft: soft.signal, hard: hard.signal },
      },
    );
  return {
    hosts: map,
    transport,
    events,
    soft,
    hard,
    start,
    run: async (plays, options) => {
      const planned = await start(plays, options);
      return { plan: planned.plan, applied: await planned.apply() };
    },
  };
}

function playTasks(plays: number | readonly PlayTask[]): readonly PlayTask[] {
  if (typeof plays !== 'number') return plays;
  return Array.from({ length: plays }, (_, index) => ({ index, name: `play ${index}`, rollout: null }));
}

function compileRead(requests: readonly FactRequest[]): ReturnType<Ports['facts']['compileRead']> {
  return {
    script: { kind: 'read', text: JSON.stringify(requests.map((request) => request.key)) },
    parse: (stdout) => {
      const values: Record<string, string | null> = JSON.parse(stdout.toString());
      return new Map(
        requests.map((request): [string, FactState] => [
          factId(request),
          {
            state: 'known',
            value: factOf(request.kind, values[request.key] ?? null) as never,
          },
        ]),
      );
    },
  };
}

function factOf(kind: string, value: string | null): object {
  if (kind === 'guard') return guardOf(value);
  if (kind !== 'notice') return { value };
  const [run = '', by = ''] = (value ?? '').split(' ');
  return { kept: value !== null, run, by };
}

function guardOf(answer: string | null): { exitCode: number; output: string } {
  return { exitCode: answer === 'true' ? 0 : 1, output: `it says ${answer}\n` };
}
