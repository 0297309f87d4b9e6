/**
 * `sh` that succeeds where this server may go: another one of the upstream is up, or it is out already. awk(1) as POSIX has it; the words of
 * a server are those before its `;`.
 */
export function othersAreUp(file: string, names: readonly string[]): string {
  const isOwn = names.map((name) => `$2 == "${name}"`).join(' || ');
  const program = `{ gsub(/;.*/, " ;") }
$1 == "server" { down = 0; for (i = 3; i <= NF; i++) if ($i == "down" || $i == "backup") down = 1
  if (${isOwn}) { if (down) may = 1 } else if (!down) may = 1 }
END { if (!may) print "no other server is up in ${file}: without this one nginx would refuse all requests"; exit !may }`;
  return `awk '${program}' ${file}`;
}

/** `sh` that succeeds where this host has no connection to the server, nor one in the making (ss(8), its filters). */
export function hasNoConnections({ address, port }: { readonly address: string; readonly port: number }): string {
  const peer = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return [
    `said=$(ss -tn state established state syn-sent dst '${peer}') || exit`,
    `left=$(printf '%s\\n' "$said" | sed 1d | grep -c .)`,
    `[ "$left" = 0 ] || { echo "$left connections to ${peer}"; exit 1; }`,
  ].join('\n');
}

/** Tenths of a second that nginx has to start new workers, and that old ones have to end once these are there. */
const SWITCH = 150;
const END = 30;

/**
 * `sh` that makes nginx read its configuration and comes back when it is in force. A reload is only a signal: the old workers go on handing
 * out requests by the old configuration for a moment, and for good where the new one is refused. Those that have let go call themselves
 * "shutting down" (nginx(8)) and end with their last request; for a server that goes `down` that is waited for as well, because a request
 * that they have accepted may still go to it; but not for ever: there may be long downloads.
 */
export function takeOver(state: 'up' | 'down'): string {
  return [
    'master=$(cat /run/nginx.pid 2>/dev/null || cat /var/run/nginx.pid 2>/dev/null) && kill -0 "$master" 2>/dev/null ||',
    "  { echo 'nginx does not run: there is no process by /run/nginx.pid'; exit 1; }",
    'nginx -t -q || exit 1',
    `workers() { ps -o pid= -o args= --ppid "$master" | sed -n "s/^ *\\([0-9]*\\) nginx: worker process\\( is shutting down\\)\\{0,$1\\} *$/\\1/p"; }`,
    'is_there() { for p in $(workers "$1"); do case " $old " in *" $p "*) return 0 ;; esac; done; return 1; }',
    'old=$(workers 0 | tr "\\n" " ")',
    'nginx -s reload || exit 1',
    `n=0; while is_there 0; do n=$((n + 1)); [ $n -lt ${SWITCH} ] || { echo 'nginx did not take its new configuration: see its error log'; exit 1; }; sleep 0.1; done`,
    ...(state === 'down' ? [`n=0; while is_there 1 && [ $n -lt ${END} ]; do n=$((n + 1)); sleep 0.1; done`] : []),
  ].join('\n');
}
