import { type Draft, define, groupDraft, hostDraft, type WrittenVar } from './draft.ts';
import { parseHostKey } from './host-name.ts';
import type { IniLine } from './ini-source.ts';
import { readIniValue } from './python-literal.ts';
import { splitWords, type Word } from './split-words.ts';

/** Adds a line of a section of hosts to the draft: a name, maybe with ranges and a port, and vars as name=value. */
export function readIniHost(draft: Draft, line: IniLine, group: string): void {
  const split = splitWords(`${' '.repeat(line.indent)}${line.trimmed}`);
  if ('broken' in split) {
    const span = { offset: split.offset, length: 1 };
    draft.problems.push(line.at(span, 'inventory-shape', { message: `the quoting is broken: ${split.broken}` }));
    return;
  }
  const [name, ...rest] = split.words;
  if (name === undefined) return;
  const names = readNames(draft, line, name);
  const vars = name.text.startsWith('[') && names === null ? [] : readAssignments(draft, line, rest);
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

/** Behind the first word that is no var the line is most likely something else, and the rest of it is left alone. */
function readAssignments(draft: Draft, line: IniLine, words: readonly Word[]): readonly WrittenVar[] {
  const strange = words.findIndex((word) => word.text.indexOf('=') < 1);
  const word = words[strange];
  if (word === undefined) return words.flatMap((each) => readAssignment(line, each));
  const isSpaced = words[strange + 1]?.text.startsWith('=') === true || words[strange - 1]?.text.endsWith('=') === true;
  refuseWord(draft, line, { word, isSpaced });
  return words.slice(0, strange).flatMap((each) => readAssignment(line, each));
}

function refuseWord(draft: Draft, line: IniLine, { word, isSpaced }: { readonly word: Word; readonly isSpaced: boolean }): void {
  const start = word.offsetOf(0);
  const span = { offset: start, length: word.end - start };
  const isNameless = word.text.startsWith('=');
  const message = isNameless ? 'a var needs a name before "="' : `${line.shown(span)} is no var: vars of a host are written as name=value`;
  const isComment = word.text.startsWith(';');
  const quotes = 'put values with blanks in quotes: name="two words"';
  const hint = isComment
    ? 'a comment behind a host starts with #'
    : isSpaced || isNameless
      ? 'write name=value without blanks around "="'
      : quotes;
  draft.problems.push(line.at(span, 'inventory-shape', { message, hint }));
}

function readAssignment(line: IniLine, word: Word): readonly WrittenVar[] {
  const equals = word.text.indexOf('=');
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
  if (('broken' in expansion || invalid !== null) && word.text.startsWith('[')) {
    const hint = 'a heading is [group], [group:children] or [group:vars] by itself, with at most a # comment behind it';
    draft.problems.push(line.at(span, 'inventory-shape', { message: `"${word.text}" is neither a heading nor a host`, hint }));
    return null;
  }
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
