import type { BaseFacts, FactRequest, FactView } from '../model/fact.ts';
import type { ModuleConfigFact } from '../model/kernel-fact.ts';
import type { Change, StepPlan } from '../model/step.ts';
import { moduleName, parameterWords, splitParameter } from '../shell/kernel.ts';
import type { Part } from './boot-entries.ts';
import { contentOf } from './content.ts';
import { foundLines } from './found-lines.ts';
import { fileReads, foundFile, planRegularFile, refuse } from './regular-file.ts';
import { bodyOf, bytesOf, decoded, encoded, insertAt, type Lines } from './text.ts';

/** Parameters of a module in a file of modprobe.d(5); null: not set. */
export interface ModprobeWish {
  readonly module: string;
  readonly parameters: Readonly<Record<string, string | null>>;
  /** undefined: the default of the host's system. */
  readonly file: string | undefined;
}

/** The only file that modprobe of Red Hat 5 is sure to read (modprobe.conf(5) of module-init-tools 3). */
const OLD_FILE = '/etc/modprobe.conf';

function defaultFile(module: string): string {
  return `/etc/modprobe.d/drover-${module}.conf`;
}

function fileOf({ file, module }: ModprobeWish, { os }: BaseFacts): string {
  const isOld = os.family === 'redhat' && Number.parseInt(os.version, 10) < 6;
  return file ?? (isOld ? OLD_FILE : defaultFile(module));
}

/** The facts that `planModprobe` needs. */
export function modprobeReads({ module, file }: ModprobeWish): FactRequest[] {
  const files = file === undefined ? [defaultFile(module), OLD_FILE] : [file];
  return [{ kind: 'moduleConfig', key: module }, ...files.flatMap((each) => fileReads(each, 'always'))];
}

/** One `options` line of the module with these parameters; others that it has stay. */
export function planModprobe(wish: ModprobeWish, facts: FactView): Part | StepPlan {
  const path = fileOf(wish, facts.base);
  const rival = rivalOf(wish, path, facts.get('moduleConfig', wish.module));
  if (rival !== null) return refuse(rival);
  const found = foundFile(path, facts);
  const now = foundLines(path, found);
  if ('result' in now) return now;
  const { lines, changes } = setParameters(now, wish);
  // Without a parameter to set there is no need for a file.
  if (lines.length === 0 && found.now.type === 'absent') return { changes: [], predicted: [], actions: [] };
  const target = { path, content: contentOf(bytesOf(lines)), mode: undefined, owner: undefined, group: undefined, validate: undefined };
  const plan = planRegularFile({ ...target, link: 'refuse' }, found);
  if (plan.result === 'ok') return { changes: [], predicted: [], actions: [] };
  if (plan.result !== 'change') return plan;
  return { changes: [...changes, ...plan.changes], predicted: plan.predicted, actions: plan.actions };
}

/** Another file that sets one of the parameters to something else; null when none does. */
function rivalOf({ module, parameters }: ModprobeWish, path: string, { options }: ModuleConfigFact): string | null {
  for (const { file, parameters: others } of options) {
    const name = Object.keys(parameters).find((key) => file !== path && others[key] !== undefined && others[key] !== parameters[key]);
    if (name !== undefined) return `${file} sets ${module} ${name}=${others[name]} as well; remove it there, or name that file in file`;
  }
  return null;
}

interface OwnLine {
  readonly from: number;
  /** Behind the last line that belongs to it: a backslash at the end goes on in the next. */
  readonly to: number;
  readonly words: readonly string[];
}

function ownLines(lines: Lines, module: string): OwnLine[] {
  const own: OwnLine[] = [];
  for (let from = 0; from < lines.length; ) {
    let to = from + 1;
    while (to < lines.length && bodyOf(lines[to - 1] ?? '').endsWith('\\')) to += 1;
    const text = lines.slice(from, to).map((line) => decoded(bodyOf(line)).replace(/\\$/, ' '));
    const [command, name, ...words] = parameterWords(text.join(''));
    if (command === 'options' && moduleName(name ?? '') === module) own.push({ from, to, words });
    from = to;
  }
  return own;
}

/** Where all parameters are as wanted nothing changes; else one line, in the place of the first, takes the place of all. */
function setParameters(lines: Lines, { module, parameters }: ModprobeWish): { lines: Lines; changes: Change[] } {
  const own = ownLines(lines, module);
  const words = new Map(own.flatMap((each) => each.words).map((word) => [splitParameter(word).name, word]));
  const presentValue = (name: string): string | null => {
    const word = words.get(name);
    return word === undefined ? null : splitParameter(word).value;
  };
  const changes = Object.entries(parameters).flatMap(([field, after]) => {
    const before = presentValue(field);
    return before === after ? [] : [{ field, before, after }];
  });
  if (changes.length === 0) return { lines, changes };
  for (const { field, after } of changes) {
    if (after === null) words.delete(field);
    else words.set(field, `${field}=${after}`);
  }
  const place = own[0]?.from ?? lines.length;
  const rest = lines.filter((_, index) => !own.some(({ from, to }) => index >= from && index < to));
  const line = encoded(['options', module, ...words.values()].join(' '));
  return { lines: words.size === 0 ? rest : insertAt(rest, place, [line]), changes };
}
