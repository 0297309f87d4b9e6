import { diagnose } from '../errors/diagnose.ts';
import type { DiagnosticCode } from '../model/diagnostic.ts';
import { type Draft, define, groupDraft, hostDraft } from './draft.ts';
import { parseHostKey } from './host-name.ts';

/** Adds the hosts of a list such as `web1,web2:2222,db[1:3],` to the draft. */
export function readHostList(draft: Draft, list: string): void {
  let offset = 0;
  for (const item of list.split(',')) {
    const name = item.trim();
    if (name !== '') readItem(draft, name, { list, offset: offset + item.indexOf(name) });
    offset += item.length + 1;
  }
}

function readItem(draft: Draft, item: string, { list, offset }: { readonly list: string; readonly offset: number }): void {
  const place = { file: '-i', line: 1, column: offset + 1, length: item.length };
  const refuse = (code: DiagnosticCode, message: string, hint: string | null): void => {
    draft.problems.push(diagnose(code, message, { place, source: list, hint }));
  };
  const { expansion, port, invalid } = parseHostKey(item);
  if ('broken' in expansion) {
    refuse(
      'inventory-range',
      `host "${item}" is a broken range: ${expansion.broken}`,
      'ranges look like web[01:20], db[a:f] or web[01:20:2]',
    );
    return;
  }
  if (invalid !== null || item.includes('/')) {
    const hint = 'what holds a comma is a list of hosts, unless there is a file of this name; give several files with several -i';
    refuse('inventory-shape', `"${item}" cannot be a host: ${invalid ?? 'a name cannot contain "/"'}`, hint);
    return;
  }
  for (const name of expansion.names) {
    const isNew = !draft.hosts.has(name);
    const own = hostDraft(draft, name);
    groupDraft(draft, 'ungrouped').hosts.add(name);
    const by = { definedBy: { kind: 'host', name }, origin: 'inventory' } as const;
    if (port !== null && isNew) define(own, { name: 'ansible_port', value: port, place, source: list }, by);
  }
}
