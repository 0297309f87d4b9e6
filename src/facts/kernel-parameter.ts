import type { BaseFacts, FactState } from '../model/fact.ts';
import type { BootLoader, KernelParameterFact } from '../model/kernel-fact.ts';
import { moduleName, parameterIn } from '../shell/kernel.ts';
import { type FactReader, known, unreadable } from './reader.ts';

const GRUB_FILES = '/etc/default/grub /etc/default/grub.d/*.cfg';

/**
 * A parameter of the kernel's command line: what the boot loader's entries say, and /proc/cmdline. Key: its name. The entries are those of
 * the real thing: /boot/grub/grub.cfg, `grubby --info=ALL` (grubby(8)), or /boot/grub/grub.conf. At most three processes for all keys.
 */
export const kernelParameterReader: FactReader<'kernelParameter'> = {
  kind: 'kernelParameter',
  script: (_requests, base) => `
cat /proc/cmdline
mark
${entriesScript(base)}
mark
grep -s '^[[:space:]]*GRUB_CMDLINE_LINUX' ${GRUB_FILES} /dev/null
mark`,
  parse(pieces, requests, base) {
    const [commandLine, entries, settings] = pieces.map((piece) => piece.toString('utf8'));
    if (commandLine === undefined || entries === undefined || settings === undefined) return new Map();
    const found = { commandLine, settings: settings.split('\n'), ...parseEntries(entries) };
    return new Map(requests.map(({ key }) => [key, stateOf(key, found, base)]));
  },
};

/** Prints the loader's name (`locked` where only root may look), then its entries. */
function entriesScript({ os, as }: BaseFacts): string {
  if (os.family === 'redhat') {
    const list = as.uid === 0 ? 'echo grubby; grubby --info=ALL 2>&1' : 'echo locked';
    const grubby = `if command -v grubby >/dev/null 2>&1; then ${list}; fi`;
    if (Number.parseInt(os.version, 10) >= 7) return grubby;
    return `
if [ -r /boot/grub/grub.conf ]; then echo grub.conf; grep '^[[:space:]]*kernel[[:space:]]' /boot/grub/grub.conf
elif [ -e /boot/grub/grub.conf ]; then echo locked
else ${grubby}; fi`;
  }
  const entry = "'^### (BEGIN|END) |^[[:space:]]*linux(16|efi)?[[:space:]]'";
  return `
if command -v update-grub >/dev/null 2>&1 && [ -e /boot/grub/grub.cfg ]; then
  if [ -r /boot/grub/grub.cfg ]; then echo grub.d; grep -E ${entry} /boot/grub/grub.cfg; else echo locked; fi
fi`;
}

interface Entries {
  readonly loader: BootLoader | 'locked';
  /** The command line of every entry. */
  readonly lines: readonly string[];
}

function parseEntries(text: string): Entries {
  const [loader = '', ...lines] = text.trim().split('\n');
  switch (loader) {
    case 'grub.d':
      return { loader, lines: grubEntries(lines) };
    case 'grub.conf':
      return { loader, lines: lines.map((line) => line.trim().replace(/^\S+\s+\S+/, '')) };
    case 'grubby':
      return { loader, lines: lines.flatMap((line) => /^args="(.*)"$/.exec(line.trim())?.[1] ?? []) };
    case 'locked':
      return { loader, lines: [] };
    default:
      return { loader: 'none', lines: [] };
  }
}

/** Lines `linux FILE ARGUMENTS` of grub.cfg, only those of this system's kernels: others come from other scripts, such as memtest's. */
function grubEntries(lines: readonly string[]): string[] {
  const entries: string[] = [];
  let script = '';
  for (const line of lines) {
    const [, edge, name = ''] = /^### (BEGIN|END) (\S+)/.exec(line) ?? [];
    if (edge !== undefined) script = edge === 'BEGIN' ? name : '';
    else if (/\/10_linux$/.test(script) || (script === '' && /\sroot=/.test(line))) entries.push(line.trim().replace(/^\S+\s+\S+/, ''));
  }
  return entries;
}

interface Found extends Entries {
  readonly commandLine: string;
  readonly settings: readonly string[];
}

function stateOf(key: string, { commandLine, loader, lines, settings }: Found, base: BaseFacts): FactState<KernelParameterFact> {
  if (loader === 'locked') return unreadable(`${base.as.user} may not read the boot loader’s entries`);
  const configured = [...new Set(lines.map((line) => parameterIn(line, key)))];
  const fact = { loader, configured, effective: parameterIn(commandLine, key) };
  return known(loader === 'grub.d' ? { ...fact, settings: settings.flatMap((line) => settingOf(line, key)) } : fact);
}

/** A line `file:GRUB_CMDLINE_LINUX…="…"` that sets the parameter. */
function settingOf(line: string, key: string): { file: string; value: string }[] {
  const [, file = '', text = ''] = /^([^:]*):[^=]*=(.*)$/.exec(line) ?? [];
  const words = text
    .replace(/["']/g, ' ')
    .split(/\s+/)
    .filter((word) => moduleName(word.split('=', 1)[0] ?? '') === moduleName(key));
  return words.map((word) => ({ file, value: word.includes('=') ? word.slice(word.indexOf('=') + 1) : '' }));
}
