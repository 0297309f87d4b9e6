import { startFleet } from './fleet.ts';

/** A process that starts a fleet of one host, prints its data as one line of JSON, and waits for whatever ends it: `fleet.test.ts` ends it the hard way. */
const fleet = await startFleet({ hosts: 1, busybox: false, name: 'held' });
process.stdout.write(`${JSON.stringify(fleet.data)}\n`);
setInterval(() => undefined, 60_000);
