import { didYouMean } from '../errors/nearest.ts';
import { type Draft, define, groupDraft } from './draft.ts';
import { invalidName } from './host-name.ts';
import { type IniLine, iniLines, type Span } from './ini-source.ts';
import { readIniValue } from './python-literal.ts';
import { readIniHost } from './read-ini-host.ts';

const SECTION = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/;
const KINDS = ['hosts', 'children', 'vars'];

/** Adds what an INI inventory says to the draft. Groups may be named before their section comes; at the end each must have one. */
export function readIni(file: string, text: string, draft: Draft): void {
  const reading: Reading = { draft, section: { group: 'ungrouped', kind: 'hosts' }, mentions: [], vars: [] };
  for (const line of iniLines(file, text)) readLine(reading, line);
  for (const mention of reading.mentions) if (!isDefined(draft, mention.name)) refuseMention(draft, mention);
  for (const { line, group } of reading.vars) readVar(draft, line, group);
}

interface Reading {
  readonly draft: Draft;
  /** Null behind a heading that cannot be read: what follows belongs to nothing. */
  section: { readonly group: string; readonly kind: string } | null;
  /** Names of groups that no section has defined so far. */
  mentions: Mention[];
  /** Lines of `:vars` sections, which may come before the section of their group. */
  readonly vars: { readonly line: IniLine; readonly group: string }[];
}

/** A name of a group that a section elsewhere must define. */
interface Mention {
  readonly name: string;
  /** The group whose child it is; null for the heading of a `:vars` section. */
  readonly parent: string | null;
  readonly line: IniLine;
  readonly span: Span;
}

function readLine(reading: Reading, line: IniLine): void {
  if (SECTION.test(line.trimmed) || (line.trimmed.startsWith('[') && line.trimmed.endsWith(']'))) {
    reading.section = readHeading(reading, line);
    return;
  }
  const { section, draft } = reading;
  if (section === null) return;
  if (section.kind === 'hosts') readIniHost(draft, line, section.group);
  else if (section.kind === 'vars') reading.vars.push({ line, group: section.group });
  else readChild(reading, line, section.group);
}

function readHeading(reading: Reading, line: IniLine): Reading['section'] {
  const { draft } = reading;
  const span = { offset: line.indent, length: line.trimmed.length };
  const [, group, kind = 'hosts'] = SECTION.exec(line.trimmed) ?? [];
  if (group === undefined) {
    const hint = 'write [group], [group:children] or [group:vars], without blanks inside';
    draft.problems.push(line.at(span, 'inventory-shape', { message: `${line.trimmed} is no heading of a section`, hint }));
    return null;
  }
  if (!KINDS.includes(kind)) {
    const hint = didYouMean(kind, KINDS) ?? 'sections are [group], [group:children] and [group:vars]';
    draft.problems.push(line.at(span, 'key-unknown', { message: `there are no sections of the kind ":${kind}"`, hint }));
    return null;
  }
  if (!isGroupName(draft, line, { name: group, span: { offset: line.indent + 1, length: group.length } })) return null;
  if (kind === 'vars') mention(reading, { name: group, parent: null, line, span: { offset: line.indent + 1, length: group.length } });
  // Hosts above the first heading are ungrouped, so that group is made only where it has any.
  else defineGroup(reading, group);
  return { group, kind };
}

/** As in Ansible, a group becomes a child where it is named if it is defined by then, else where it is defined. */
function defineGroup(reading: Reading, name: string): void {
  groupDraft(reading.draft, name);
  for (const one of reading.mentions) if (one.name === name) adopt(reading.draft, one);
  reading.mentions = reading.mentions.filter((one) => one.name !== name);
}

function mention(reading: Reading, one: Mention): void {
  if (isDefined(reading.draft, one.name)) adopt(reading.draft, one);
  else reading.mentions.push(one);
}

function isDefined(draft: Draft, name: string): boolean {
  return draft.groups.has(name) || name === 'ungrouped';
}

function readChild(reading: Reading, line: IniLine, parent: string): void {
  const { draft } = reading;
  const name = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line.trimmed)?.[1];
  if (name === undefined) {
    const span = { offset: line.indent, length: line.trimmed.length };
    draft.problems.push(line.at(span, 'inventory-shape', { message: `children of group "${parent}" are names of groups, one in a line` }));
    return;
  }
  const span = { offset: line.indent, length: name.length };
  if (isGroupName(draft, line, { name, span })) mention(reading, { name, parent, line, span });
}

function adopt(draft: Draft, { name, parent, line, span }: Mention): void {
  if (parent === null) return;
  if (name === 'all') {
    const message = 'group "all" contains every group and cannot be a child';
    draft.problems.push(line.at(span, 'inventory-cycle', { message, hint: 'remove it' }));
    return;
  }
  // The group may be named by nothing but this section.
  groupDraft(draft, name);
  const { children } = groupDraft(draft, parent);
  if (!children.has(name)) children.set(name, { place: line.place(span), source: line.source });
}

function refuseMention(draft: Draft, { name, parent, line, span }: Mention): void {
  const message = parent === null ? `[${name}:vars] is for a group that nothing defines` : `there is no group "${name}"`;
  const hint = didYouMean(name, draft.groups.keys()) ?? `add a section [${name}]`;
  draft.problems.push(line.at(span, 'inventory-shape', { message, hint }));
}

/** In `:vars` sections everything behind `=` is the value. */
function readVar(draft: Draft, line: IniLine, group: string): void {
  const equals = line.text.indexOf('=');
  const name = line.text.slice(0, Math.max(0, equals)).trim();
  if (name === '') {
    const span = { offset: line.indent, length: line.trimmed.length };
    draft.problems.push(line.at(span, 'inventory-shape', { message: `vars of group "${group}" are written as name=value` }));
    return;
  }
  const text = line.text.slice(equals + 1).trim();
  const offset = line.text.length - text.length;
  const place = line.place({ offset, length: text.length });
  const by = { definedBy: { kind: 'group', name: group }, origin: 'inventory' } as const;
  define(groupDraft(draft, group).vars, { name, value: readIniValue(text), place, source: line.source }, by);
}

function isGroupName(draft: Draft, line: IniLine, { name, span }: { readonly name: string; readonly span: Span }): boolean {
  const invalid = invalidName(name);
  if (invalid !== null) draft.problems.push(line.at(span, 'inventory-shape', { message: `"${name}" cannot be a group: ${invalid}` }));
  return invalid === null;
}
