import { command, defineRole, line, type Step, waitFor } from 'drover';
import { hasNoConnections, othersAreUp, takeOver } from './checks.ts';
import { params, type ServerParams } from './parameters.ts';
import { lineOfServer, namesOf, withState } from './server-line.ts';

/** One server of an upstream in rotation or out of it; for `before` and `after` of rolling maintenance, on the balancers. */
export default defineRole({
  name: 'nginx-upstream-server',
  description: 'One server of nginx’s upstream in rotation, or out of it and drained; the other servers stay as they are',
  platforms: [{ family: 'debian' }, { family: 'redhat', minVersion: 6 }],
  params,
  steps: ({ params: wanted }) => ({
    steps: filesOf(wanted).flatMap((path) => stepsFor(path, wanted)),
    handlers: {
      'nginx takes it over': command({
        name: 'nginx has its new configuration',
        command: takeOver(wanted.state),
        always: true,
        deadlineMs: 60_000,
      }),
    },
    // Behind the handler: before it the old configuration makes new connections.
    proofs: wanted.state === 'down' ? [drained(wanted)] : [],
  }),
});

function filesOf({ upstream, file }: ServerParams): string[] {
  if (file !== undefined) return [file];
  return [...new Set([upstream].flat())].map((name) => `/etc/nginx/upstreams/${name}.conf`);
}

function stepsFor(path: string, { address, port, state }: ServerParams): Step[] {
  const names = namesOf({ address, port });
  const last = command({ name: `another server is up in ${path}`, command: othersAreUp(path, names), readOnly: true });
  return [
    ...(state === 'down' ? [last] : []),
    line({ path, match: lineOfServer(names), rewrite: (found) => withState(found, state), notify: 'nginx takes it over' }),
  ];
}

function drained({ address, port, drainSeconds }: ServerParams): Step {
  const [name = ''] = namesOf({ address, port });
  return waitFor({
    name: `no connections to ${name}`,
    command: hasNoConnections({ address, port }),
    intervalMs: 200,
    deadlineMs: drainSeconds * 1000,
  });
}
