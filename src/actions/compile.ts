import type { Action, SystemAction } from '../model/action.ts';
import type { BaseFacts } from '../model/fact.ts';
import type { CompiledAction } from '../model/ports.ts';
import { addGroup, addUser, changeGroup, changeUser, removeGroup, removeUser } from './accounts.ts';
import { addAddress, deprecateAddress, removeAddress } from './address.ts';
import { command } from './command.ts';
import { labelDisk } from './disk-label.ts';
import { ipvs } from './ipvs.ts';
import { setKernelArguments, updateGrub } from './kernel-parameter.ts';
import { loadModule, unloadModule } from './module.ts';
import { packages } from './packages.ts';
import { makeDirectory, makeLink, remove, setOwnership } from './paths.ts';
import { setPostfix } from './postfix.ts';
import { reboot } from './reboot.ts';
import { removeRoute, setRoute } from './route.ts';
import { setSysctl } from './sysctl.ts';
import { setSysfs } from './sysfs.ts';
import { removeTunnel, setTunnel } from './tunnel.ts';
import { daemonReload, unit } from './unit.ts';
import { wait } from './wait.ts';
import { writeFile } from './write-file.ts';

export type { CompiledAction } from '../model/ports.ts';

const DEFAULT_ACTION_MS = 300_000;

/** Compiles an action for a host with these base facts (package manager, init system, busybox) and this action deadline. */
export function compileAction(action: Action, base: BaseFacts, actionMs: number = DEFAULT_ACTION_MS): CompiledAction {
  switch (action.kind) {
    case 'writeFile':
      return writeFile(action);
    case 'setOwnership':
      return setOwnership(action);
    case 'makeDirectory':
      return makeDirectory(action);
    case 'makeLink':
      return makeLink(action);
    case 'remove':
      return remove(action);
    case 'command':
      return command(action);
    case 'packages':
      return packages(action, base, { actionMs });
    case 'unit':
      return unit(action, base);
    case 'daemonReload':
      return daemonReload(base);
    case 'addUser':
      return addUser(action);
    case 'changeUser':
      return changeUser(action);
    case 'removeUser':
      return removeUser(action);
    case 'addGroup':
      return addGroup(action);
    case 'changeGroup':
      return changeGroup(action);
    case 'removeGroup':
      return removeGroup(action);
    default:
      return compileSystem(action);
  }
}

function compileSystem(action: SystemAction): CompiledAction {
  switch (action.kind) {
    case 'setSysctl':
      return setSysctl(action);
    case 'setSysfs':
      return setSysfs(action);
    case 'loadModule':
      return loadModule(action);
    case 'unloadModule':
      return unloadModule(action);
    case 'updateGrub':
      return updateGrub();
    case 'setKernelArguments':
      return setKernelArguments(action);
    case 'labelDisk':
      return labelDisk(action);
    case 'reboot':
      return reboot();
    case 'addAddress':
      return addAddress(action);
    case 'removeAddress':
      return removeAddress(action);
    case 'deprecateAddress':
      return deprecateAddress(action);
    case 'setTunnel':
      return setTunnel(action);
    case 'removeTunnel':
      return removeTunnel(action);
    case 'setRoute':
      return setRoute(action);
    case 'removeRoute':
      return removeRoute(action);
    case 'setIpvsService':
    case 'removeIpvsService':
    case 'setIpvsServer':
    case 'removeIpvsServer':
    case 'setIpvsWeight':
    case 'drainIpvsServer':
      return ipvs(action);
    case 'setPostfix':
      return setPostfix(action);
    case 'waitFor':
    case 'pause':
      return wait(action);
  }
}
