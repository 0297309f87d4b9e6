import type { Step, StepOptions } from '../model/step.ts';
import { directory } from './directory.ts';
import { file } from './file.ts';
import {
  checkConfiguration,
  type InterfaceAddressOptions,
  type InterfaceConfiguration,
  type InterfaceRouteOptions,
  type InterfaceSystem,
  type TunnelEndpoints,
} from './interface/desired.ts';
import { aliasIfcfg, routeLine, tunnelIfcfg } from './interface/ifcfg.ts';
import { interfacesStanzas } from './interface/ifupdown.ts';
import { netdevFile, networkDropIn, networkFile } from './interface/networkd.ts';
import { connectionFile } from './interface/networkmanager.ts';
import { noOtherFile } from './interface/others.ts';
import { line } from './line.ts';
import { StepArgumentError } from './step.ts';

/** Configuration of one interface that lasts over a reboot. */
export interface InterfaceFilesOptions extends StepOptions {
  /** The host's network system: `facts.network`, where it is one of these. */
  readonly system: InterfaceSystem;
  /** Of the interface, at most 15 characters. */
  readonly name: string;
  /** A sit tunnel of its own, additional IPv4 addresses of `lo`, or additional addresses and routes of an interface that is configured elsewhere. */
  readonly type: 'tunnel' | 'loopback' | 'ethernet';
  /** Names the files where the system leaves the choice. Default: the interface's name. */
  readonly id?: string | undefined;
  /** Only with type `tunnel`. */
  readonly tunnel?: TunnelEndpoints | undefined;
  readonly addresses?: readonly InterfaceAddressOptions[] | undefined;
  readonly routes?: readonly InterfaceRouteOptions[] | undefined;
  /** Type `ethernet`, or `loopback`, with networkd: the name of the .network file that configures the interface, such as `10-eth0.network`. */
  readonly dropInFor?: string | undefined;
  /** First line of every file. Default `Written by drover`. */
  readonly comment?: string | undefined;
}

/**
 * Steps for the files by which the host's network system brings an interface up at boot; nothing is changed now. A tunnel or loopback addresses
 * that another file configures already are refused, with its name. Throws StepArgumentError for wrong arguments and for what the system's files
 * cannot say.
 */
export function interfaceFiles(options: InterfaceFilesOptions): Step[] {
  const { system, name, type, tunnel, addresses = [], routes = [], comment = 'Written by drover', notify } = options;
  const configuration = checkConfiguration({ name, type, comment, tunnel, addresses, routes });
  const place: Place = { id: checkId(options.id ?? name), dropInFor: options.dropInFor, notify };
  switch (system) {
    case 'networkd':
      return networkd(configuration, place);
    case 'ifupdown':
      return ifupdown(configuration, place);
    case 'networkmanager':
      return networkmanager(configuration, place);
    case 'ifcfg':
      return ifcfg(configuration, place);
    default:
      throw new StepArgumentError(`interfaceFiles: no files are known for the network system ${JSON.stringify(system)}`);
  }
}

interface Place {
  readonly id: string;
  readonly dropInFor: string | undefined;
  readonly notify: StepOptions['notify'];
}

function checkId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/.test(id)) return id;
  throw new StepArgumentError(`interfaceFiles: id ${JSON.stringify(id)} must be letters, digits, _, - and single dots`);
}

const NETWORKD = '/etc/systemd/network';

/** In a drop-in, or in files that begin with 60, behind which others can still be put. */
function networkd(configuration: InterfaceConfiguration, { id, dropInFor, notify }: Place): Step[] {
  const base = directory({ path: NETWORKD, parents: true });
  const { name, type } = configuration;
  if (type === 'ethernet' || (type === 'loopback' && dropInFor !== undefined)) {
    if (dropInFor === undefined || !/^[A-Za-z0-9][A-Za-z0-9@._-]*\.network$/.test(dropInFor)) {
      throw new StepArgumentError(
        `interfaceFiles: dropInFor ${JSON.stringify(dropInFor)} must name the .network file that configures ${configuration.name}, such as 10-eth0.network`,
      );
    }
    const folder = `${NETWORKD}/${dropInFor}.d`;
    const content = networkDropIn(configuration);
    const places = ['/etc', '/run', '/usr/lib', '/lib'].map((each) => `${each}/systemd/network/${dropInFor}`);
    const alone = type === 'ethernet' ? [] : noOtherFile('networkd', [name], places);
    return [base, directory({ path: folder }), file({ path: `${folder}/60-${id}.conf`, content, mode: '0644', notify }), ...alone];
  }
  const path = `${NETWORKD}/60-${id}`;
  return [
    base,
    ...(type === 'tunnel' ? [file({ path: `${path}.netdev`, content: netdevFile(configuration), mode: '0644', notify })] : []),
    file({ path: `${path}.network`, content: networkFile(configuration), mode: '0644', notify }),
    ...noOtherFile('networkd', [name], [`${path}.network`, `${path}.netdev`]),
  ];
}

function ifupdown(configuration: InterfaceConfiguration, { id, notify }: Place): Step[] {
  const { name, type, addresses } = configuration;
  if (type === 'loopback' && addresses.some(({ label }) => label === null)) {
    throw new StepArgumentError('interfaceFiles: ifupdown needs a label such as lo:0 for every address on lo');
  }
  // Files with other characters in their names are not read by all forms of `source` (interfaces(5)).
  if (id.includes('.')) throw new StepArgumentError(`interfaceFiles: id ${JSON.stringify(id)} must not have a dot in it for ifupdown`);
  const names = type === 'loopback' ? addresses.flatMap(({ label }) => label ?? []) : [name];
  return [
    directory({ path: '/etc/network/interfaces.d', parents: true }),
    file({ path: `/etc/network/interfaces.d/${id}`, content: interfacesStanzas(configuration), mode: '0644', notify }),
    line({
      path: '/etc/network/interfaces',
      match: /^source(-directory)?\s+(\/etc\/network\/)?interfaces\.d/,
      line: 'source /etc/network/interfaces.d/*',
      notify,
    }),
    ...(type === 'ethernet' ? [] : noOtherFile('ifupdown', names, [`/etc/network/interfaces.d/${id}`])),
  ];
}

/** NetworkManager reads a profile only if it is root's alone. */
function networkmanager(configuration: InterfaceConfiguration, { id, notify }: Place): Step[] {
  const path = `/etc/NetworkManager/system-connections/${id}.nmconnection`;
  const profile = file({ path, content: connectionFile(configuration), mode: '0600', owner: 'root', group: 'root', notify });
  return [profile, ...noOtherFile('networkmanager', [configuration.name], [path])];
}

const SCRIPTS = '/etc/sysconfig/network-scripts';

/** The scripts find their files by the interface's name. */
function ifcfg(configuration: InterfaceConfiguration, { notify }: Place): Step[] {
  const { name, type, addresses, routes, comment } = configuration;
  if (type !== 'tunnel') {
    const aliases = addresses.map((each) =>
      file({ path: `${SCRIPTS}/ifcfg-${each.label}`, content: aliasIfcfg(configuration, each), mode: '0644', notify }),
    );
    const lines = routes.map((route) => {
      const path = `${SCRIPTS}/route${route.family === 6 ? '6' : ''}-${name}`;
      return line({ path, line: routeLine(name, route), create: true, notify });
    });
    return [...aliases, ...lines];
  }
  const routeFile = `# ${comment}\n${routes.map((route) => `${routeLine(name, route)}\n`).join('')}`;
  return [
    line({ path: '/etc/sysconfig/network', match: /^NETWORKING_IPV6=/, line: 'NETWORKING_IPV6=yes', notify }),
    file({ path: `${SCRIPTS}/ifcfg-${name}`, content: tunnelIfcfg(configuration), mode: '0644', notify }),
    ...(routes.length === 0 ? [] : [file({ path: `${SCRIPTS}/route6-${name}`, content: routeFile, mode: '0644', notify })]),
  ];
}
