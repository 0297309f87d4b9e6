import type { FactRequest, FactState, ServiceFact } from '../model/fact.ts';
import { commandLine, quote } from '../shell/quote.ts';
import { type FactReader, known, unreadable } from './reader.ts';

/** The name of an init script: without the type. */
function scriptName(key: string): string {
  return key.replace(/\.service$/, '');
}

/**
 * A unit or service. Key: its name with its type; where there is no systemd, the init script of that name. systemd answers for all in one
 * `systemctl show`; init scripts have no other way than to be asked one by one.
 */
export const serviceReader: FactReader<'service'> = {
  kind: 'service',
  script(requests, base) {
    const keys = requests.map((request) => request.key);
    switch (base.init) {
      case 'systemd':
        return `${commandLine(['systemctl', 'show', '--no-pager', `--property=${PROPERTIES}`, '--', ...keys])} 2>/dev/null; mark; ${links(keys)}`;
      case 'openrc':
        return `${status(keys, 'rc-service')}; mark; ${links(keys)}`;
      case 'sysv':
        return `${status(keys, 'service')}; mark; ${links(keys)}`;
      case 'none':
        return ':';
    }
  },
  parse(pieces, requests, base) {
    if (base.init === 'none') return new Map(requests.map(({ key }) => [key, unreadable<ServiceFact>('the host has no init system')]));
    const [states, found] = pieces.map((piece) => piece.toString('utf8'));
    if (states === undefined || found === undefined) return new Map();
    return base.init === 'systemd' ? parseUnits(states, found, requests) : parseScripts(states, found, requests);
  },
};

const PROPERTIES = 'Id,Names,LoadState,ActiveState,UnitFileState,NeedDaemonReload,InvocationID,Type,RemainAfterExit';

/** Init scripts that exist and the links that start them: SysV's runlevels (insserv(8)) and OpenRC's (rc-update(8)). */
function links(keys: readonly string[]): string {
  const globs = keys
    .map((key) => quote(scriptName(key)))
    .map(
      (name) => `/etc/init.d/${name} /etc/rc[S2345].d/S[0-9][0-9]${name} /etc/rc.d/rc[2345].d/S[0-9][0-9]${name} /etc/runlevels/*/${name}`,
    );
  return `for f in ${globs.join(' ')}; do if [ -e "$f" ] || [ -L "$f" ]; then printf '%s\\n' "$f"; fi; done`;
}

/** Exit statuses of `status`, one line `NAME NUMBER` for each init script that exists. */
function status(keys: readonly string[], tool: 'service' | 'rc-service'): string {
  const names = keys.map((key) => quote(scriptName(key))).join(' ');
  return [
    `if command -v ${tool} >/dev/null 2>&1; then ask() { ${tool} "$1" status; }; else ask() { "/etc/init.d/$1" status; }; fi`,
    `for n in ${names}; do [ -x "/etc/init.d/$n" ] || continue; ask "$n" >/dev/null 2>&1 </dev/null; printf '%s %s\\n' "$n" $?; done`,
  ].join('\n');
}

/** One block for each unit, in the order asked; an alias answers with its real Id, so Names is what tells. */
function parseUnits(states: string, found: string, requests: readonly FactRequest<'service'>[]): Map<string, FactState<ServiceFact>> {
  const blocks = states.split(/\n\n+/).flatMap((block) => (block.trim() === '' ? [] : [propertiesOf(block)]));
  const paths = new Set(found.split('\n'));
  const facts = new Map<string, FactState<ServiceFact>>();
  for (const [index, { key }] of requests.entries()) {
    const named = blocks.find((block) => `${block.get('Names') ?? ''} ${block.get('Id') ?? ''}`.split(' ').includes(key));
    const block = named ?? (blocks.length === requests.length ? blocks[index] : undefined);
    if (block !== undefined) facts.set(key, known(unitFact(block, { key, paths })));
  }
  return facts;
}

function propertiesOf(block: string): Map<string, string> {
  return new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

function unitFact(block: ReadonlyMap<string, string>, { key, paths }: { key: string; paths: ReadonlySet<string> }): ServiceFact {
  const load = block.get('LoadState') ?? '';
  const state = block.get('UnitFileState') ?? '';
  const fromScript = paths.has(`/etc/init.d/${scriptName(key)}`) && ['generated', 'bad', ''].includes(state);
  return {
    load: load === 'loaded' || load === 'not-found' || load === 'masked' ? load : 'other',
    active: activeOf(block.get('ActiveState') ?? ''),
    enabled: fromScript && load === 'loaded' ? enabledByLinks(key, paths) : state,
    needsReload: block.get('NeedDaemonReload') === 'yes',
    invocation: block.get('InvocationID') ?? '',
    ends: block.get('Type') === 'oneshot' && block.get('RemainAfterExit') === 'no',
  };
}

/** `reloading` is active (systemd(1)); `activating` and `deactivating` are neither. */
function activeOf(state: string): ServiceFact['active'] {
  if (state === 'active' || state === 'reloading') return 'active';
  return state === 'inactive' || state === 'failed' ? state : 'other';
}

function enabledByLinks(key: string, paths: Iterable<string>): string {
  const name = scriptName(key);
  const starts = [...paths].some(
    (path) => path.startsWith('/etc/r') && /^(?:S\d\d)?(.*)$/.exec(path.slice(path.lastIndexOf('/') + 1))?.[1] === name,
  );
  return starts ? 'enabled' : 'disabled';
}

function parseScripts(states: string, found: string, requests: readonly FactRequest<'service'>[]): Map<string, FactState<ServiceFact>> {
  const codes = new Map(
    states.split('\n').map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
  const paths = new Set(found.split('\n'));
  return new Map(requests.map(({ key }) => [key, known(scriptFact(key, { code: codes.get(scriptName(key)), paths }))]));
}

function scriptFact(key: string, { code, paths }: { code: number | undefined; paths: ReadonlySet<string> }): ServiceFact {
  const common = { needsReload: false, invocation: '', ends: false };
  if (code === undefined) return { ...common, load: 'not-found', active: 'inactive', enabled: '' };
  return { ...common, load: 'loaded', active: activeByCode(code), enabled: enabledByLinks(key, paths) };
}

/** LSB, "Init Script Actions": 0 running, 1 and 2 dead with leftovers, 3 not running; OpenRC: 32 crashed. */
function activeByCode(code: number): ServiceFact['active'] {
  if (code === 0) return 'active';
  if (code === 3) return 'inactive';
  return code === 1 || code === 2 || code === 32 ? 'failed' : 'other';
}
