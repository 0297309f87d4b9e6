import type { Step } from '../../model/step.ts';
import { command } from '../command.ts';
import type { InterfaceSystem } from './desired.ts';

/** Where systemd.network(5) looks for files. */
const NETWORKD = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((folder) => `${folder}/systemd/network`);

interface Places {
  readonly files: readonly string[];
  /** Extended regular expression of the line that takes the interface. */
  readonly line: string;
  readonly why: string;
}

/** What takes an interface in the files of a network system; null where a second file would have the path of the first. */
function placesOf(system: InterfaceSystem, names: readonly string[]): Places | null {
  const some = `(${names.map((name) => name.replaceAll('.', '[.]')).join('|')})`;
  switch (system) {
    case 'networkd':
      return {
        files: NETWORKD.flatMap((folder) => [`${folder}/*.network`, `${folder}/*.netdev`]),
        line: `^[[:space:]]*Name[[:space:]]*=(.*[[:space:]])?${some}([[:space:]]|$)`,
        why: 'systemd-networkd goes by the first of them alone',
      };
    case 'ifupdown':
      return {
        files: ['/etc/network/interfaces', '/etc/network/interfaces.d/*'],
        line: `^[[:space:]]*iface[[:space:]]+${some}([[:space:]]|$)`,
        why: 'ifupdown would carry out both',
      };
    case 'networkmanager':
      return {
        files: ['/etc/NetworkManager/system-connections/*'],
        line: `^interface-name=${some}$`,
        why: 'NetworkManager would take one of the two profiles',
      };
    case 'ifcfg':
      return null;
  }
}

const CHECK = `
own=$1 line=$2 why=$3; shift 3
for f do
  [ -f "$f" ] || continue
  case " $own " in *" $f "*) continue ;; esac
  if grep -qsE -e "$line" "$f"; then echo "$f has it already ($why): take it out there first"; exit 1; fi
done`;

/** Refused, with the file's name, where another file than `own` configures the interface under one of these names. */
export function noOtherFile(system: InterfaceSystem, names: readonly string[], own: readonly string[]): Step[] {
  const places = placesOf(system, names);
  if (places === null) return [];
  const { files, line, why } = places;
  // The patterns of files are the shell's to fill in; they are constants.
  const text = `set -- "$@" ${files.join(' ')}\n${CHECK}`;
  const words = ['sh', '-c', text, 'sh', own.join(' '), line, why];
  return [command({ name: `no other file configures ${names.join(', ')}`, command: words, readOnly: true })];
}
