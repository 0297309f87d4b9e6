import { join } from 'node:path';
import { main } from '../../src/cli/command-line.ts';
import { isContent } from '../../src/model/content.ts';
import type { BaseFacts } from '../../src/model/fact.ts';
import type { Step } from '../../src/model/step.ts';
import { folder } from '../cli/folder.ts';
import { testIo } from '../cli/test-io.ts';
import { testBase } from '../steps/support/host.ts';

type Os = Partial<BaseFacts['os']>;

const DEBIAN_12: Os = { family: 'debian', id: 'debian', version: '12', codename: 'bookworm' };
const ROCKY_9: Os = { family: 'redhat', id: 'rocky', idLike: ['rhel', 'centos', 'fedora'], version: '9.4' };
const CENTOS_6: Os = { family: 'redhat', id: 'centos', version: '6.10' };

/** Base facts of hosts that roles are made for, with one interface eth0 at 192.0.2.10/24. */
export const PLATFORMS = {
  debian12: platform(DEBIAN_12, { init: 'systemd', packageManager: 'apt', network: 'networkd' }),
  debian12Ifupdown: platform(DEBIAN_12, { init: 'systemd', packageManager: 'apt', network: 'ifupdown' }),
  redhat9: platform(ROCKY_9, { init: 'systemd', packageManager: 'dnf', network: 'networkmanager' }),
  redhat8: platform({ ...ROCKY_9, version: '8.9' }, { init: 'systemd', packageManager: 'dnf', network: 'networkmanager' }),
  redhat7: platform({ ...ROCKY_9, version: '7.9' }, { init: 'systemd', packageManager: 'yum', network: 'ifcfg' }),
  centos6: platform(CENTOS_6, { init: 'sysv', packageManager: 'yum', network: 'ifcfg' }),
  centos5: platform({ ...CENTOS_6, version: '5.11' }, { init: 'sysv', packageManager: 'yum', network: 'ifcfg' }),
} as const;

function platform(os: Os, more: Partial<BaseFacts>): BaseFacts {
  const base = testBase(false);
  return { ...base, ...more, os: { ...base.os, ...os }, addresses: [inet('lo', '127.0.0.1', 8), inet('eth0', '192.0.2.10', 24)] };
}

/** An IPv4 address on an interface. */
export function inet(name: string, address: string, prefix: number): BaseFacts['addresses'][number] {
  return { interface: name, family: 'ipv4', address, prefix, scope: 'global', label: name };
}

/** Steps as `kind subject`, in order. */
export function named(steps: readonly Step[]): string[] {
  return steps.map((step) => `${step.kind} ${step.subject}`);
}

/** What a step wants of a field; text for contents. */
export function wants(steps: readonly Step[], name: string, field = 'content'): unknown {
  const step = steps.find((each) => `${each.kind} ${each.subject}` === name);
  if (step === undefined) throw new Error(`no step ${name} among ${named(steps).join(', ')}`);
  const value = step.wants.find((each) => each.field === field)?.after;
  return isContent(value) ? Buffer.from(value.bytes ?? []).toString('utf8') : value;
}

/**
 * What a plan of this playbook says on standard error: the host is never there, and nobody asks for it when parameters are wrong. `»` stands
 * before the value that is wrong; `place` is where that is.
 */
export async function planWith(marked: string): Promise<{ readonly code: number; readonly said: string; readonly place: string }> {
  const before = marked.slice(0, marked.indexOf('»')).split('\n');
  const place = `site.yml:${before.length}:${(before.at(-1) ?? '').length + 1} `;
  const root = await folder({
    'site.yml': marked.replace('»', ''),
    'hosts.yml': 'all: { hosts: { gone.example.com: { ansible_host: 127.0.0.1, ansible_port: 1 } } }\n',
  });
  const io = testIo({ cwd: root });
  const code = await main(['plan', join(root, 'site.yml'), '-i', join(root, 'hosts.yml')], io);
  return { code, said: io.err().replaceAll(`${root}/`, ''), place };
}
