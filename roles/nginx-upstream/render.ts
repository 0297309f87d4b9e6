import { nameOf, type UpstreamParams, type UpstreamServer } from './parameters.ts';

/** The file with the upstream's servers, one on a line. */
export function serversFile(upstream: string): string {
  return `/etc/nginx/upstreams/${upstream}.conf`;
}

/** A server's line, without a state. */
export function serverLine(server: UpstreamServer): string {
  return `server ${[nameOf(server), ...(server.options === undefined ? [] : [server.options])].join(' ')};`;
}

/** The line of this server, whatever its parameters and state. */
export function lineOfServer(server: UpstreamServer): RegExp {
  return new RegExp(`^\\s*server\\s+${quoted(nameOf(server))}[\\s;]`);
}

/** Lines of servers that are not among these. */
export function otherServers(servers: readonly UpstreamServer[]): RegExp {
  return new RegExp(`^\\s*server\\s+(?!(?:${servers.map((each) => quoted(nameOf(each))).join('|')})[\\s;])`);
}

/** The wanted line with the state that the found one has. */
export function withStateOf(found: string, wanted: string): string {
  const words = (found.split(';')[0] ?? '').trim().split(/\s+/);
  return words.includes('down') ? wanted.replace(/;$/, ' down;') : wanted;
}

function quoted(text: string): string {
  return text.replace(/[.[\]]/g, '\\$&');
}

/** The upstream, and the site where one is wanted. The servers are in a file of their own: their states are not this file's. */
export function renderUpstream(params: UpstreamParams): string {
  const { upstream, method, keepalive } = params;
  return [
    `# Upstream ${upstream} (role nginx-upstream)`,
    `upstream ${upstream} {`,
    ...(method === 'round-robin' ? [] : [`    ${method};`]),
    `    include ${serversFile(upstream)};`,
    // Behind the method and the servers, as its documentation asks.
    ...(keepalive === 0 ? [] : [`    keepalive ${keepalive};`]),
    '}',
    ...(params.listen === undefined ? [] : renderSite(params, params.listen)),
    '',
  ].join('\n');
}

function renderSite({ upstream, keepalive, retry }: UpstreamParams, port: number): string[] {
  return [
    'server {',
    `    listen ${port} default_server;`,
    '    location / {',
    `        proxy_pass http://${upstream};`,
    ...(keepalive === 0 ? [] : ['        proxy_http_version 1.1;', '        proxy_set_header Connection "";']),
    '        proxy_set_header Host $host;',
    '        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    '        proxy_set_header X-Forwarded-Proto $scheme;',
    `        proxy_next_upstream ${retry ? 'error timeout' : 'off'};`,
    '    }',
    '}',
  ];
}
