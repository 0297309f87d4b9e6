import { absent, defineRole, directory, file, line, pkg, type Step, service } from 'drover';
import { params, type UpstreamParams } from './parameters.ts';
import { lineOfServer, otherServers, renderUpstream, serverLine, serversFile, withStateOf } from './render.ts';

/** Upstream of nginx: which servers there are. Which of them are out of rotation is left as it is found. */
export default defineRole({
  name: 'nginx-upstream',
  description: 'Balancer: an upstream of nginx with these servers; one that maintenance took out of rotation stays out',
  platforms: [
    { family: 'debian', minVersion: 10, init: 'systemd' },
    { family: 'redhat', minVersion: 7 },
  ],
  params,
  steps({ params: wanted, facts }) {
    const notify = 'reload nginx';
    return {
      steps: [
        pkg({ name: 'nginx' }),
        directory({ path: '/etc/nginx/upstreams' }),
        ...servers(wanted, notify),
        ...(wanted.listen === 80 && facts.os.family === 'debian' ? [absent({ path: '/etc/nginx/sites-enabled/default', notify })] : []),
        file({ path: `/etc/nginx/conf.d/upstream-${wanted.upstream}.conf`, content: renderUpstream(wanted), mode: '0644', notify }),
        service({ name: 'nginx', state: 'running', enabled: true }),
      ],
      handlers: { 'reload nginx': service({ name: 'nginx', state: 'reloaded' }) },
    };
  },
});

/** One step for each line: what `nginx-upstream-server` wrote into it stays. */
function servers({ upstream, servers: all }: UpstreamParams, notify: string): Step[] {
  const path = serversFile(upstream);
  const comment = `# Servers of upstream ${upstream} (role nginx-upstream); down: out of rotation (role nginx-upstream-server)`;
  return [
    line({ path, line: comment, create: true }),
    ...all.map((each) => {
      const wanted = serverLine(each);
      return line({ path, line: wanted, match: lineOfServer(each), rewrite: (found) => withStateOf(found, wanted), notify });
    }),
    line({ path, match: otherServers(all), state: 'absent', notify }),
  ];
}
