import { diagnose } from '../errors/diagnose.ts';
import type { DiagnosticCode, Place } from '../model/diagnostic.ts';
import { isMapping, type Vars, type VarValue } from '../model/host.ts';
import { type Draft, type GroupDraft, groupDraft, hostDraft } from './draft.ts';
import { invalidName } from './host-name.ts';
import { jsonPath, readProgramVars } from './read-program-vars.ts';

/** The hosts that a program names in its groups, and `_meta.hostvars` where it has that. */
export interface ProgramGroups {
  readonly hosts: ReadonlySet<string>;
  readonly hostVars: Vars | null;
}

interface Reading {
  readonly draft: Draft;
  readonly file: string;
  readonly hosts: Set<string>;
}

/** Adds the groups that an executable inventory printed for `--list` to the draft: each a mapping with hosts, children and vars, or a list of hosts. */
export function readProgramGroups(draft: Draft, file: string, printed: Vars): ProgramGroups {
  const reading: Reading = { draft, file, hosts: new Set() };
  let hostVars: Vars | null = null;
  for (const [name, body] of Object.entries(printed)) {
    if (name === '_meta') hostVars = readMeta(reading, body);
    else readGroup(reading, name, body);
  }
  return { hosts: reading.hosts, hostVars };
}

function readMeta(reading: Reading, meta: VarValue): Vars | null {
  if (!isMapping(meta)) return refuse(reading, ['_meta'], `_meta must be a mapping, found ${kindOf(meta)}`);
  const hostVars = meta.hostvars;
  if (hostVars === undefined) return null;
  if (isMapping(hostVars)) return hostVars;
  refuse(reading, ['_meta', 'hostvars'], `hostvars must be a mapping of hosts, found ${kindOf(hostVars)}`);
  return {};
}

/** Clouds make groups of tags, as people write them: such names count, though patterns can only match them. */
function readGroup(reading: Reading, name: string, body: VarValue): void {
  if (name === '') return void refuse(reading, [name], 'a group needs a name');
  const group = groupDraft(reading.draft, name);
  if (Array.isArray(body)) readHosts(reading, group, { value: body, path: [name] });
  else if (!isMapping(body)) refuse(reading, [name], `group "${name}" must be a mapping or a list of hosts, found ${kindOf(body)}`);
  else if (['hosts', 'children', 'vars'].some((key) => Object.hasOwn(body, key))) readGroupBody(reading, group, body);
  else readSingleHost(reading, group, body);
}

function readGroupBody(reading: Reading, group: GroupDraft, body: Vars): void {
  const { hosts = [], children = [], vars = null } = body;
  const { name } = group;
  readHosts(reading, group, { value: hosts, path: [name, 'hosts'] });
  readChildren(reading, group, { value: children, path: [name, 'children'] });
  readProgramVars(reading.draft, { kind: 'group', name }, { file: reading.file, path: [name, 'vars'], value: vars });
}

/** A group without hosts, children and vars is one host of the same name, and the mapping its group's vars. */
function readSingleHost(reading: Reading, group: GroupDraft, vars: Vars): void {
  readHosts(reading, group, { value: [group.name], path: [group.name] });
  readProgramVars(reading.draft, { kind: 'group', name: group.name }, { file: reading.file, path: [group.name], value: vars });
}

interface Part {
  readonly value: VarValue;
  readonly path: readonly string[];
}

function readHosts(reading: Reading, group: GroupDraft, part: Part): void {
  for (const { name, path } of names(reading, part, `hosts of group "${group.name}"`)) {
    const invalid = invalidName(name);
    if (invalid !== null) {
      refuse(reading, path, `"${name}" cannot be a host: ${invalid}`);
      continue;
    }
    group.hosts.add(name);
    reading.hosts.add(name);
    hostDraft(reading.draft, name);
  }
}

function readChildren(reading: Reading, group: GroupDraft, part: Part): void {
  for (const { name, path } of names(reading, part, `children of group "${group.name}"`)) {
    if (name === 'all' || name === '') {
      if (name === 'all') refuse(reading, path, '"all" cannot be a child: it contains every group', 'inventory-cycle');
      else refuse(reading, path, 'a group needs a name');
      continue;
    }
    groupDraft(reading.draft, name);
    if (!group.children.has(name)) group.children.set(name, { place: placeOf(reading, path), source: null });
  }
}

function names(
  reading: Reading,
  { value, path }: Part,
  what: string,
): readonly { readonly name: string; readonly path: readonly string[] }[] {
  if (value === null) return [];
  if (!Array.isArray(value)) {
    refuse(reading, path, `${what} must be a list of names, found ${kindOf(value)}`);
    return [];
  }
  return value.flatMap((name: VarValue, index) => {
    const at = [...path.slice(0, -1), `${path.at(-1) ?? ''}[${index}]`];
    if (typeof name === 'string') return [{ name, path: at }];
    refuse(reading, at, `${what} must be names, found ${kindOf(name)}`);
    return [];
  });
}

function refuse(reading: Reading, path: readonly string[], message: string, code: DiagnosticCode = 'inventory-shape'): null {
  reading.draft.problems.push(diagnose(code, message, { place: placeOf(reading, path) }));
  return null;
}

function placeOf({ file }: Reading, path: readonly string[]): Place {
  return { file, line: 1, column: 1, path: jsonPath(path) };
}

function kindOf(value: VarValue): string {
  if (value === null) return 'nothing';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a mapping';
  return typeof value === 'string' ? 'text' : `${typeof value === 'number' ? 'the number ' : ''}${value}`;
}
