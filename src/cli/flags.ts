import { type Command, InvalidArgumentError, Option } from 'commander';

/** Hosts worked on at the same time where `--forks` is not given. */
const DEFAULT_FORKS = 20;

/** Flags of commands that read an inventory. */
export interface InventoryFlags {
  readonly inventory: readonly string[];
}

/** Flags of commands that connect to hosts. */
export interface ConnectionFlags extends InventoryFlags {
  readonly forks: number;
  readonly acceptNew?: true;
  readonly askBecomePass?: true;
}

/** Flags of plan, check and apply. */
export interface RunFlags extends ConnectionFlags {
  readonly limit?: string;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly json?: true;
  readonly verbose?: true;
}

/** Adds `-i`. */
export function withInventory(command: Command): Command {
  const flag = new Option('-i, --inventory <FILE>', 'inventory file, folder or program, or hosts with commas; may be repeated').argParser(
    collect,
  );
  return command.addOption(flag.default([], '$DROVER_INVENTORY'));
}

/** Adds the flags of commands that connect to hosts. */
export function withConnection(command: Command): Command {
  return withInventory(command)
    .option('--forks <N>', 'hosts worked on at the same time', parseForks, DEFAULT_FORKS)
    .option('--accept-new', 'record the keys of hosts that known_hosts does not name; a changed key is still refused')
    .option('--ask-become-pass', 'ask once for the sudo password (or set $DROVER_BECOME_PASSWORD)');
}

/** Adds the flags of plan, check and apply. */
export function withRun(command: Command): Command {
  return withConnection(command)
    .option('-l, --limit <PATTERN>', 'only hosts that this pattern selects as well')
    .addOption(tagsOption('--tags <TAGS>', 'only roles with one of these tags, separated by commas', 'all'))
    .addOption(tagsOption('--skip-tags <TAGS>', 'no roles with one of these tags', 'none'))
    .option('--json', 'print the change report as JSON on standard output, and nothing else there')
    .option('-v, --verbose', 'also show ok steps, durations, and diffs and outputs in full');
}

/** Adds examples below a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', `\n${title}\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

function tagsOption(flag: string, about: string, shownDefault: string): Option {
  return new Option(flag, about).argParser(collectTags).default([], shownDefault);
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

function collectTags(value: string, earlier: readonly string[]): readonly string[] {
  const tags = value
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  if (tags.length === 0) throw new InvalidArgumentError('must name tags, separated by commas');
  return [...earlier, ...tags];
}

function parseForks(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new InvalidArgumentError('must be a whole number from 1 to 9999');
  return Number(value);
}
