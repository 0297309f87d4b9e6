import type { BaseFacts } from '../model/fact.ts';
import type { HostError } from '../model/run.ts';
import { table } from './layout.ts';
import { type ColourLevel, createStyle, type Style } from './style.ts';
import { safeJson, visible } from './visible.ts';

/** The base facts of one host, or why there are none. */
export interface HostFacts {
  readonly host: string;
  readonly facts: BaseFacts | null;
  readonly error: HostError | null;
}

/** Facts for people: one block for each host, with a final newline. */
export function renderFacts(hosts: readonly HostFacts[], colours: ColourLevel): string {
  const style = createStyle(colours);
  return `${hosts.map((host) => factBlock(host, style).join('\n')).join('\n\n')}\n`;
}

/** Facts for programs: a JSON object by host name with `facts` and `error`. */
export function renderFactsJson(hosts: readonly HostFacts[]): string {
  return `${safeJson(Object.fromEntries(hosts.map(({ host, facts, error }) => [host, { facts, error }])))}\n`;
}

function factBlock({ host, facts, error }: HostFacts, style: Style): readonly string[] {
  const name = style.heading(`${visible(host)}:`);
  if (facts === null) {
    const why = error === null ? 'no facts' : `${visible(error.phase)}: ${visible(error.message)}`;
    const hint = error === null || error.hint === null ? [] : [`  hint: ${visible(error.hint)}`];
    return [name, style.bad(`  ${why}`), ...hint];
  }
  return [name, ...table(factRows(facts), new Set()).map((line) => `  ${line}`)];
}

function factRows(facts: BaseFacts): readonly (readonly string[])[] {
  const { os, kernel, as, sshConnection } = facts;
  const rows: readonly (readonly [string, string])[] = [
    ['hostname', facts.hostname],
    ['os', [os.name, os.name.includes(os.version) ? '' : os.version].filter((part) => part !== '').join(' ')],
    ['os family', os.family],
    ['kernel', `${kernel.name} ${kernel.release} ${kernel.machine}`],
    ['init', facts.init],
    ['packages', facts.packageManager],
    ['network', facts.network],
    ['utilities', facts.busybox ? 'busybox' : 'full'],
    ['user', `${as.user} (uid ${as.uid}, group ${as.group}, home ${as.home})`],
    ['boot id', facts.bootId],
    ...(sshConnection === null
      ? []
      : ([['reached by', `${sshConnection.client} → ${sshConnection.server} port ${sshConnection.serverPort}`]] as const)),
    ...facts.addresses.map((address) => ['address', `${address.interface} ${address.address}/${address.prefix} ${address.scope}`] as const),
  ];
  return rows.map(([label, text]) => [label, visible(text)]);
}
