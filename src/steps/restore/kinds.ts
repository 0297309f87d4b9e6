import type { FactKind } from '../../model/fact.ts';
import { groupRestorer, userRestorer } from './account.ts';
import { ipvsRestorer } from './ipvs.ts';
import { diskRestorer, kernelParameterRestorer, moduleRestorer, sysctlRestorer, sysfsRestorer } from './kernel.ts';
import { addressRestorer, interfaceRestorer, routeRestorer } from './network.ts';
import { packageRestorer } from './package.ts';
import type { Restorer } from './part.ts';
import { pathRestorer } from './path.ts';
import { postfixRestorer } from './postfix.ts';
import { serviceRestorer } from './service.ts';

/** How each kind of fact is brought back; null: it is an answer, or follows from files, and is not brought back itself. */
export const restorers: { readonly [K in FactKind]: Restorer<K> | null } = {
  file: pathRestorer,
  package: packageRestorer,
  service: serviceRestorer,
  user: userRestorer,
  group: groupRestorer,
  sysctl: sysctlRestorer,
  guard: null,
  address: addressRestorer,
  interface: interfaceRestorer,
  route: routeRestorer,
  disk: diskRestorer,
  postfix: postfixRestorer,
  sysfs: sysfsRestorer,
  ipvs: ipvsRestorer,
  module: moduleRestorer,
  moduleConfig: null,
  kernelParameter: kernelParameterRestorer,
  notice: null,
};
