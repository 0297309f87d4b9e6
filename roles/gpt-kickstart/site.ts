import type { BaseFacts } from 'drover';
import type { Params } from './params.ts';
import { urlHost } from './render.ts';

/** Where a family's nginx keeps its sites, and who reads the files. */
export interface Server {
  readonly group: string;
  readonly directory: string;
  readonly siteFile: string;
  /** Link that switches the site on; null where the file alone does. */
  readonly siteLink: string | null;
}

const DEBIAN: Server = {
  group: 'www-data',
  directory: '/srv/kickstart',
  siteFile: '/etc/nginx/sites-available/gpt-kickstart',
  siteLink: '/etc/nginx/sites-enabled/gpt-kickstart',
};

const REDHAT: Server = {
  group: 'nginx',
  // SELinux's policy lets a web server read below /var/www, and not below /srv.
  directory: '/var/www/kickstart',
  siteFile: '/etc/nginx/conf.d/gpt-kickstart.conf',
  siteLink: null,
};

/** nginx as a family packages it. */
export function serverOf({ os }: Pick<BaseFacts, 'os'>): Server {
  return os.family === 'redhat' ? REDHAT : DEBIAN;
}

/** The site: plain text, for the given networks only, no listing. It answers for its own name alone, so other sites of the port stay. */
export function renderSite(params: Params, directory: string, hasIpv6: boolean): string {
  return [
    '# Kickstart files (role gpt-kickstart)',
    'server {',
    `    listen ${params.port};`,
    ...(hasIpv6 ? [`    listen [::]:${params.port};`] : []),
    `    server_name ${urlHost(params.address)};`,
    `    root ${directory};`,
    '    autoindex off;',
    '    default_type text/plain;',
    '    types { }',
    ...(params.allowFrom ?? []).map((network) => `    allow ${network};`),
    '    deny all;',
    '}',
    '',
  ].join('\n');
}
