import { command, defineRole, ipvsServer, type Step } from 'drover';
import { params, type ServerParams } from './parameters.ts';
import { isThere } from './table.ts';

/** One real server's weight on a director; for `before` and `after` of rolling maintenance. */
export default defineRole({
  name: 'ipvs-server',
  description: 'The weight of one real server on an IPVS director, live: 0 and drained for maintenance, its share again afterwards',
  platforms: [{ family: 'debian' }, { family: 'redhat', minVersion: 5 }],
  params,
  steps: ({ params: wanted }) => ({ steps: [...returned(wanted), weightOf(wanted)] }),
});

/**
 * A command, and no `waitFor`: what comes behind it is decided anew when it is done, and before that the weight of a server that is not there
 * would be refused.
 */
function returned({ service, address, port, weight, returnSeconds }: ServerParams): Step[] {
  if (weight === 0 || returnSeconds === 0) return [];
  const check = isThere(service.protocol, service, { address, port: port ?? service.port });
  return [
    command({
      name: `${address} is in the table again`,
      command: `n=0\nuntil ${check}; do\nn=$((n + 1)); [ $n -le ${returnSeconds} ] || { echo 'keepalived has not put ${address} back within ${returnSeconds} s: does its check pass?'; exit 1; }\nsleep 1\ndone`,
      unless: check,
      deadlineMs: (returnSeconds + 60) * 1000,
    }),
  ];
}

function weightOf({ service, address, port, weight, drainSeconds, ifNotDrained }: ServerParams): Step {
  return ipvsServer({
    ...service,
    server: address,
    serverPort: port,
    weight,
    drained: drainSeconds === undefined ? undefined : { deadlineMs: drainSeconds * 1000, ifNotDrained },
  });
}
