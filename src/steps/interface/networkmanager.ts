import { StepArgumentError } from '../step.ts';
import type { InterfaceConfiguration } from './desired.ts';

/** NMIPTunnelMode of libnm: 3 is sit. */
const MODE_SIT = 3;

/**
 * A profile in nm-settings-keyfile(5). Type `loopback` needs NetworkManager 1.42. Throws StepArgumentError for what a profile cannot say:
 * labels, deprecated addresses, and further addresses of an interface that another profile configures.
 */
export function connectionFile(configuration: InterfaceConfiguration): string {
  const { name, type, comment } = configuration;
  checkSayable(configuration);
  const kind = type === 'tunnel' ? 'ip-tunnel' : 'loopback';
  return `# ${comment}
[connection]
id=${name}
type=${kind}
interface-name=${name}
autoconnect=true
${tunnelSection(configuration)}
${ipSection(configuration, 4)}
${ipSection(configuration, 6)}`;
}

function checkSayable({ name, type, addresses }: InterfaceConfiguration): void {
  const refuse = (what: string): never => {
    throw new StepArgumentError(`interfaceFiles: ${what}`);
  };
  if (type === 'ethernet') refuse(`NetworkManager has one profile for ${name}: further addresses cannot be added by a file of their own`);
  const { label } = addresses.find((each) => each.label !== null) ?? { label: null };
  if (label !== null) refuse(`a NetworkManager profile cannot give an address a label (${label})`);
  const old = addresses.find((each) => each.deprecated);
  if (old !== undefined) refuse(`a NetworkManager profile cannot make an address deprecated (${old.address})`);
}

function tunnelSection({ tunnel }: InterfaceConfiguration): string {
  if (tunnel === null) return '';
  const { local, remote, ttl, mtu } = tunnel;
  return `\n[ip-tunnel]\nlocal=${local}\nmode=${MODE_SIT}\nmtu=${mtu}\nremote=${remote}\nttl=${ttl}\n`;
}

/** A profile of lo names the loopback addresses too, or it would take them away. */
function ipSection({ type, addresses, routes }: InterfaceConfiguration, family: 4 | 6): string {
  const always = type !== 'loopback' ? [] : [family === 4 ? '127.0.0.1/8' : '::1/128'];
  const own = addresses.filter((each) => each.family === family).map(({ address, prefix }) => `${address}/${prefix}`);
  const all = [...always, ...own];
  const ours = routes.filter((each) => each.family === family);
  if (all.length === 0 && ours.length === 0) return `[ipv${family}]\nmethod=disabled\n`;
  const lines = [
    ...all.map((address, index) => `address${index + 1}=${address}`),
    'method=manual',
    ...ours.flatMap(({ address, prefix, via, metric, source }, index) => [
      `route${index + 1}=${[`${address}/${prefix}`, via ?? (family === 4 ? '0.0.0.0' : '::'), ...(metric === null ? [] : [metric])].join(',')}`,
      ...(source === null ? [] : [`route${index + 1}_options=src=${source}`]),
    ]),
  ];
  return `[ipv${family}]\n${lines.map((line) => `${line}\n`).join('')}`;
}
