import type { BaseFacts, FactRequest, FactView } from '../model/fact.ts';
import type { Change, StepPlan } from '../model/step.ts';
import { moduleName } from '../shell/kernel.ts';
import type { Part } from './boot-entries.ts';
import { contentOf } from './content.ts';
import { foundLines } from './found-lines.ts';
import { type FoundFile, fileReads, foundFile, planRegularFile, refuse } from './regular-file.ts';
import { bodyOf, bytesOf, encoded, insertAt, type Lines, linesOf, withBody } from './text.ts';

/** The files that can have a module loaded at boot, and the facts that are read of them. */
export interface BootFiles {
  readonly name: string;
  /** modules-load.d(5). */
  readonly list: string;
  /** Script that rc.sysinit of Red Hat 5 and 6 runs. */
  readonly script: string;
  readonly reads: readonly FactRequest[];
}

/** The files of a module. */
export function bootFiles(name: string): BootFiles {
  const list = `/etc/modules-load.d/${name}.conf`;
  const script = `/etc/sysconfig/modules/${name}.modules`;
  return { name, list, script, reads: [...fileReads(list, 'always'), ...fileReads(script, 'always')] };
}

/** What loads modules at boot on such a host. */
export function loadedAtBoot({ init, os }: BaseFacts): 'modules-load' | 'script' | 'unknown' {
  if (init === 'systemd' || init === 'openrc') return 'modules-load';
  return init === 'sysv' && os.family === 'redhat' ? 'script' : 'unknown';
}

/** Names the module in its file, or no longer. */
export function planAtBoot(files: BootFiles, atBoot: boolean, facts: FactView): Part | StepPlan {
  switch (loadedAtBoot(facts.base)) {
    case 'modules-load': {
      const found = foundFile(files.list, facts);
      const lines = foundLines(files.list, found);
      if ('result' in lines) return lines;
      const isNamed = lines.some((line) => isName(line, files.name));
      const target = { path: files.list, isThere: isNamed, mode: undefined };
      return settle({ ...target, atBoot, lines: atBoot ? withName(lines, files.name) : withoutName(lines, files.name) }, found);
    }
    case 'script': {
      const found = foundFile(files.script, facts);
      const lines = foundLines(files.script, found);
      if ('result' in lines) return lines;
      const text = `#!/bin/sh\nexec /sbin/modprobe ${files.name} >/dev/null 2>&1\n`;
      const isThere = found.now.type === 'file' && lines.join('') === text && found.now.mode === '0755';
      return settle({ path: files.script, isThere, atBoot, mode: '0755', lines: atBoot ? linesOf(Buffer.from(text)) : [] }, found);
    }
    case 'unknown':
      return refuse(`no way is known to have modules loaded at boot with init ${facts.base.init}; say atBoot: null`);
  }
}

/** A line that names the module and more is not read at boot: options belong into modprobe.d(5). */
function isOwn(line: string, name: string): boolean {
  return moduleName(bodyOf(line).trim().split(/\s+/)[0] ?? '') === name;
}

function isName(line: string, name: string): boolean {
  return moduleName(bodyOf(line).trim()) === name;
}

function withName(lines: Lines, name: string): Lines {
  const [first] = lines.flatMap((line, index) => (isOwn(line, name) ? [index] : []));
  if (first === undefined) return insertAt(lines, lines.length, [encoded(name)]);
  return lines.filter((line, index) => index === first || !isOwn(line, name)).map((line) => (isOwn(line, name) ? named(line, name) : line));
}

function named(line: string, name: string): string {
  return isName(line, name) ? line : withBody(line, encoded(name));
}

function withoutName(lines: Lines, name: string): Lines {
  return lines.filter((line) => !isOwn(line, name));
}

interface Settled {
  readonly path: string;
  readonly isThere: boolean;
  readonly atBoot: boolean;
  readonly lines: Lines;
  readonly mode: string | undefined;
}

/** A file with nothing left in it goes. */
function settle({ path, isThere, atBoot, lines, mode }: Settled, found: FoundFile): Part | StepPlan {
  const field: Change[] = isThere === atBoot ? [] : [{ field: 'atBoot', before: isThere, after: atBoot }];
  if (lines.length === 0) {
    if (found.now.type === 'absent') return { changes: [], predicted: [], actions: [] };
    const predicted: Part['predicted'] = [{ kind: 'file', key: path, value: { type: 'absent' } }];
    return { changes: [{ field: 'atBoot', before: true, after: false }], predicted, actions: [{ kind: 'remove', path, recursive: false }] };
  }
  const target = { path, content: contentOf(bytesOf(lines)), owner: undefined, group: undefined, validate: undefined, mode };
  const plan = planRegularFile({ ...target, link: 'refuse' }, found);
  if (plan.result === 'ok') return { changes: [], predicted: [], actions: [] };
  if (plan.result !== 'change') return plan;
  return { changes: [...field, ...plan.changes], predicted: plan.predicted, actions: plan.actions };
}
