import { type Draft, define, groupDraft, hostDraft, type WrittenVar } from './draft.ts';
import { parseHostKey } from './host-name.ts';
import type { IniLine } from './ini-source.ts';
import { readIniValue } from './python-literal.ts';
import { splitWords, type Word } from './split-words.ts';

/** Adds a line of a section of hosts to the draft: a name, maybe with ranges and a port, and vars as name=value. */
export function readIniHost(draft: Draft, line: IniLine, group: string): void {
  const split = splitWords(line.text);
  if ('broken' in split) {
    const span = { offset: split.offset, length: 1 };
    draft.problems.push(line.at(span, 'inventory-shape', { message: `the quoting is broken: ${split.broken}` }));
    return;
  }
  const [name, ...rest] = split.words;
  if (name === undefined) return;
  const vars = rest.flatMap((word) => readAssignment(draft, line, word));
  const names = readNames(draft, line, name);
  if (names === null) return;
  const { hosts } = groupDraft(draft, group);
  for (const host of names.hosts) {
    const isNew = !draft.hosts.has(host);
    const own = hostDraft(draft, host);
    hosts.add(host);
    // As in Ansible, only the line that first names a host says its port.
    const given = names.port !== null && isNew ? [names.port, ...vars] : vars;
    const by = { definedBy: { kind: 'host', name: host }, origin: 'inventory' } as const;
    for (const one of given) define(own, one, by);
  }
}

function readAssignment(draft: Draft, line: IniLine, word: Word): readonly WrittenVar[] {
  const equals = word.text.indexOf('=');
  const start = word.offsetOf(0);
  if (equals < 1) {
    const span = { offset: start, length: word.end - start };
    const isNameless = equals === 0;
    const message = isNameless
      ? 'a var needs a name before "="'
      : `${line.shown(span)} is no var: vars of a host are written as name=value`;
    const hint = 'put values with blanks in quotes: name="two words"';
    draft.problems.push(line.at(span, 'inventory-shape', { message, hint }));
    return [];
  }
  const text = word.text.slice(equals + 1);
  const offset = word.offsetOf(equals + 1);
  const place = line.place({ offset, length: word.end - offset });
  return [{ name: word.text.slice(0, equals), value: readIniValue(text), place, source: line.source }];
}

function readNames(
  draft: Draft,
  line: IniLine,
  word: Word,
): { readonly hosts: readonly string[]; readonly port: WrittenVar | null } | null {
  const offset = word.offsetOf(0);
  const span = { offset, length: word.end - offset };
  const { expansion, port, invalid } = parseHostKey(word.text);
  if ('broken' in expansion) {
    const message = `host "${word.text}" is a broken range: ${expansion.broken}`;
    draft.problems.push(line.at(span, 'inventory-range', { message, hint: 'ranges look like web[01:20], db[a:f] or web[01:20:2]' }));
    return null;
  }
  if (invalid !== null) {
    const hint = word.text.endsWith(':') ? 'is this YAML? then let the name of the file end in .yml' : undefined;
    const problem = { message: `"${word.text}" cannot be a host: ${invalid}`, ...(hint === undefined ? {} : { hint }) };
    draft.problems.push(line.at(span, 'inventory-shape', problem));
    return null;
  }
  return {
    hosts: expansion.names,
    port: port === null ? null : { name: 'ansible_port', value: port, place: line.place(span), source: line.source },
  };
}
