import type { NetworkAction, RouteArguments } from '../model/network-action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine } from '../shell/quote.ts';

/**
 * Puts a route in the place of one with the same destination and metric (ip-route(8), `replace`), marked as an administrator's. A source
 * address that is a moment old is not taken before the kernel has looked for duplicates of it, so it is tried for five seconds.
 */
export function setRoute({ route }: Extract<NetworkAction, { kind: 'setRoute' }>): CompiledAction {
  const replace = commandLine([...command(route, 'replace'), 'proto', 'static']);
  const summary = `route ${describe(route)}`;
  if (route.source === null) return { summary, script: replace };
  return {
    summary,
    script: `n=0
until out=$(${replace} 2>&1); do
  n=$((n+1)); [ "$n" -lt 6 ] || die "$out"
  sleep 1
done`,
  };
}

/** Takes a route away; nothing where it is gone already, which the re-read shows. */
export function removeRoute({ route }: Extract<NetworkAction, { kind: 'removeRoute' }>): CompiledAction {
  return { summary: `remove route ${describe(route)}`, script: `${commandLine(command(route, 'del'))} || true` };
}

function command({ family, to, type, via, device, source, metric, table }: RouteArguments, verb: string): string[] {
  const optional = (word: string, value: string | null): string[] => (value === null ? [] : [word, value]);
  return [
    ...['ip', `-${family}`, 'route', verb],
    ...(type === null ? [] : [type]),
    to,
    ...optional('via', via),
    ...optional('dev', device),
    ...optional('metric', metric === null ? null : String(metric)),
    ...optional('src', source),
    ...(table === 'main' ? [] : ['table', table]),
  ];
}

function describe({ to, via, device }: RouteArguments): string {
  return [to, ...(via === null ? [] : [`via ${via}`]), ...(device === null ? [] : [`dev ${device}`])].join(' ');
}
