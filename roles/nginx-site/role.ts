import { absent, type BaseFacts, defineRole, file, pkg, type Step, service, z } from 'drover';
import { CHECK } from './check.ts';

const params = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'must be letters, digits, - and _')
    .describe('Name of the site: /etc/nginx/conf.d/NAME.conf'),
  config: z.string().min(1).describe('What is inside of server { }, as nginx has it'),
  isDefault: z.boolean().default(false).describe('Takes the place of the default site that Debian’s package brings'),
  onChange: z
    .enum(['reload', 'restart'])
    .default('reload')
    .describe('What a changed configuration needs; restart ends open connections, so the host is taken out of rotation first'),
});

type Params = z.infer<typeof params>;

/** One site of nginx. */
export default defineRole({
  name: 'nginx-site',
  description: 'A site of nginx: its configuration is tested together with all others before it replaces the old one',
  platforms: [
    { family: 'debian', minVersion: 10 },
    { family: 'redhat', minVersion: 7 },
  ],
  params,
  steps: ({ params: wanted, facts }) => ({
    steps: [
      pkg({ name: 'nginx' }),
      ...defaultSite(wanted, facts),
      file({
        path: `/etc/nginx/conf.d/${wanted.name}.conf`,
        content: render(wanted),
        mode: '0644',
        validate: ['sh', '-c', CHECK, 'nginx', '%s', `${wanted.name}.conf`],
        notify: 'nginx takes it over',
      }),
      service({ name: 'nginx', state: 'running', enabled: true }),
    ],
    handlers: { 'nginx takes it over': service({ name: 'nginx', state: wanted.onChange === 'restart' ? 'restarted' : 'reloaded' }) },
  }),
});

function defaultSite({ isDefault }: Params, { os }: BaseFacts): Step[] {
  if (!isDefault || os.family !== 'debian') return [];
  return [absent({ path: '/etc/nginx/sites-enabled/default', notify: 'nginx takes it over' })];
}

function render({ name, config }: Params): string {
  const lines = config.trimEnd().split('\n');
  return [`# Site ${name} (role nginx-site)`, 'server {', ...lines.map((each) => (each === '' ? '' : `    ${each}`)), '}', ''].join('\n');
}
