import { type FactRef, type FactState, type FactValues, factId } from '../../src/model/fact.ts';
import type { HostStep } from '../../src/model/planned.ts';
import type { HostRecord } from '../../src/model/run.ts';
import type { Step } from '../../src/model/step.ts';
import { foldAll } from '../../src/plan/fold.ts';
import { hostOutcome, planRecord } from '../../src/plan/record.ts';
import { makeWorld } from '../../src/plan/world.ts';
import { file } from '../../src/steps/file.ts';
import { service } from '../../src/steps/service.ts';
import { user } from '../../src/steps/user.ts';
import { BASE } from '../execute/rig.ts';
import { content, host, names } from './records.ts';

/** A simulated web server: what is found on it. Files by path; null: not there. */
export interface Found {
  readonly files: Readonly<Record<string, string | null>>;
  readonly running: boolean;
  readonly shell: string;
}

/** What all web servers have, with the name and the address of each. */
function wantedFiles(name: string, number: number): Readonly<Record<string, string>> {
  return {
    '/etc/motd': `This is ${name}.example.com.\nWhat you do here is recorded.\n`,
    '/etc/hosts': `127.0.0.1 localhost\n${addressOf(number)} ${name}.example.com ${name}\n`,
    '/etc/nginx/nginx.conf': 'user www-data;\nworker_processes 4;\nevents {\n  worker_connections 768;\n}\n',
    '/etc/nginx/sites-enabled/shop.conf': `server {\n  listen ${addressOf(number)}:443 ssl;\n  server_name ${name}.example.com;\n  root /srv/shop;\n}\n`,
  };
}

function addressOf(number: number): string {
  return `10.0.${Math.floor(number / 250)}.${(number % 250) + 1}`;
}

/** A web server on which everything is as wanted. */
export function converged(name: string, number: number): Found {
  return { files: wantedFiles(name, number), running: true, shell: '/bin/bash' };
}

/** The record of a web server as the real steps plan it on what is found. */
export function webServer(name: string, number: number, found: Found): HostRecord {
  const files = Object.entries(wantedFiles(name, number)).map(
    ([path, text]) => ['web', file({ path, content: text, mode: '0644' })] as const,
  );
  const steps: readonly (readonly [string, Step])[] = [
    ...files,
    ['web', service({ name: 'nginx', state: 'running', enabled: true })],
    ['base', user({ name: 'deploy', shell: '/bin/bash' })],
  ];
  const items = steps.map(([role, step]): HostStep => {
    const id = `${role}/${step.kind}[${step.subject}]`;
    return { id, play: 0, part: 'roles', playName: 'web servers', role, step, handler: null, notifies: [], become: null };
  });
  const facts = steps.flatMap(([, step]) =>
    step.reads.map((ref): [string, FactState] => [factId(ref), { state: 'known', value: fact(ref, found) }]),
  );
  const records = foldAll(items, makeWorld(new Map([['', BASE]]), new Map(facts))).map((decided) => planRecord(decided));
  return host(name, { outcome: hostOutcome(records), steps: records, durationMs: 300 + number });
}

function fact({ kind, key }: FactRef, { files, running, shell }: Found): FactValues[keyof FactValues] {
  const common = { mode: '0644', owner: 'root', group: 'root' };
  switch (kind) {
    case 'file': {
      const text = files[key];
      if (text === undefined) return { type: 'directory', ...common, mode: '0755' };
      return text === null ? { type: 'absent' } : { type: 'file', ...common, content: content(text) };
    }
    case 'service':
      return {
        load: 'loaded',
        active: running ? 'active' : 'inactive',
        enabled: 'enabled',
        needsReload: false,
        invocation: 'a',
        ends: false,
      };
    case 'user':
      return { exists: true, uid: 1000, group: 'deploy', groups: [], comment: '', home: '/home/deploy', shell };
    case 'group':
      return { exists: true, gid: 1000 };
    default:
      throw new Error(`no ${kind} on a simulated host`);
  }
}

/** 500 web servers on which all is as wanted, but for those that are given: what is found on them. */
export function fleet(found: (name: string, number: number) => Found): readonly HostRecord[] {
  return names(500).map((name, index) => webServer(name, index + 1, found(name, index + 1)));
}
