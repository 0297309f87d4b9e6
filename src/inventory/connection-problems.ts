import { inPlaceOrder, uniqueDiagnostics } from '../errors/diagnose.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Host } from '../model/host.ts';
import type { Inventory } from './inventory.ts';

/** Why some of these hosts cannot be reached as their vars say, each reason once; of hosts that nobody uses nothing is said. */
export function connectionProblems(inventory: Pick<Inventory, 'connectionProblems'>, hosts: Iterable<Host>): readonly Diagnostic[] {
  const found = [...new Set(hosts)].flatMap(({ name }) => inventory.connectionProblems.get(name) ?? []);
  return inPlaceOrder(uniqueDiagnostics(found));
}
