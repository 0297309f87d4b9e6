import type { Action } from '../model/action.ts';
import type { FactRequest, FactView, FileFact } from '../model/fact.ts';
import type { KernelParameterFact } from '../model/kernel-fact.ts';
import type { Change, Prediction, StepPlan } from '../model/step.ts';
import { moduleName, parameterWords, splitParameter } from '../shell/kernel.ts';
import { contentOf } from './content.ts';
import { bootWord, grubbyAction } from './kernel-arguments.ts';
import { parentOf } from './parent.ts';
import { fileReads, foundFile, planRegularFile, refuse } from './regular-file.ts';
import { bodyOf, bytesOf, type Lines, linesOf, withBody } from './text.ts';

/** Parameters of the kernel's command line with their values; an empty text: without a value; null: not there. */
export type BootParameters = Readonly<Record<string, string | null>>;

/** What a step wants of the boot entries, and the name of GRUB's drop-in file that it keeps for it. */
export interface BootWish {
  readonly parameters: BootParameters;
  /** Part of the file's name: `/etc/default/grub.d/50-drover-NAME.cfg`. */
  readonly name: string;
}

const GRUB_CONF = '/boot/grub/grub.conf';
const DROP_INS = '/etc/default/grub.d';

/** The parts of a plan. */
export type Part = Pick<Extract<StepPlan, { result: 'change' }>, 'changes' | 'predicted' | 'actions'>;

/** GRUB's drop-in file of this name. */
export function dropInPath(name: string): string {
  return `${DROP_INS}/50-drover-${name}.cfg`;
}

/** The facts that `planBootEntries` needs. */
export function bootReads({ parameters, name }: BootWish): FactRequest[] {
  return [
    ...Object.keys(parameters).map((key): FactRequest => ({ kind: 'kernelParameter', key })),
    ...fileReads(dropInPath(name), 'always'),
    { kind: 'file', key: parentOf(DROP_INS) },
    ...fileReads(GRUB_CONF, 'always'),
  ];
}

/** Brings the parameters into every boot entry, by whatever keeps them; a plan where it is refused. */
export function planBootEntries(wish: BootWish, facts: FactView): Part | StepPlan {
  const found = Object.keys(wish.parameters).map((key): [string, KernelParameterFact] => [key, facts.get('kernelParameter', key)]);
  const loader = found[0]?.[1].loader ?? 'none';
  if (loader === 'none') return refuse(`no boot loader that drover knows keeps the kernel's command line of this host`);
  if (found.some(([, { configured }]) => configured.length === 0)) return refuse(`${SHOWN_BY[loader]} shows no boot entry of this system`);
  const changes = found.flatMap(([name, now]) => entryChange(name, wish.parameters[name] ?? null, now));
  const predicted = found.map(([key, now]): Prediction => {
    const { effective } = now;
    // Which of GRUB's files set it is not predicted: other steps may write them.
    return { kind: 'kernelParameter', key, value: { loader, configured: [wish.parameters[key] ?? null], effective } };
  });
  switch (loader) {
    case 'grub.d':
      return grub2({ wish, facts, found }, { changes, predicted });
    case 'grubby':
      return { changes, predicted, actions: changes.length === 0 ? [] : [grubbyAction(...grubbyChange(wish.parameters, found))] };
    case 'grub.conf':
      return grubConf(wish.parameters, facts, { changes, predicted });
  }
}

/** Parameters that are not effective as wanted, in words; null when all are. */
export function notEffective(parameters: BootParameters, facts: FactView): string | null {
  const other = Object.entries(parameters).flatMap(([name, value]) => {
    const { effective } = facts.get('kernelParameter', name);
    return effective === value ? [] : [effective === null ? `without ${name}` : `with ${bootWord(name, effective)}`];
  });
  return other.length === 0 ? null : `effective after a reboot: the running kernel was booted ${other.join(', ')}`;
}

const SHOWN_BY = { 'grub.d': '/boot/grub/grub.cfg', grubby: 'grubby --info=ALL', 'grub.conf': GRUB_CONF } as const;

type Found = readonly (readonly [string, KernelParameterFact])[];

function entryChange(field: string, after: string | null, { configured }: KernelParameterFact): Change[] {
  if (configured.every((value) => value === after)) return [];
  const before = configured.length === 1 ? (configured[0] ?? null) : configured.map((value) => value ?? 'not in all').join(', ');
  return [{ field, before, after }];
}

/** Only what differs; a value is removed before another one is added. */
function grubbyChange(parameters: BootParameters, found: Found): [BootParameters, string[]] {
  const differing = found.filter(([name, now]) => entryChange(name, parameters[name] ?? null, now).length > 0);
  const present = differing.filter(([, { configured }]) => configured.some((value) => value !== null)).map(([name]) => name);
  return [Object.fromEntries(differing.map(([name]) => [name, parameters[name] ?? null])), present];
}

interface Grub {
  readonly wish: BootWish;
  readonly facts: FactView;
  readonly found: Found;
}

/** A drop-in of /etc/default/grub.d, which grub-mkconfig sources after /etc/default/grub. */
function grub2({ wish, facts, found }: Grub, { changes, predicted }: Pick<Part, 'changes' | 'predicted'>): Part | StepPlan {
  const path = dropInPath(wish.name);
  const other = found.flatMap(([name, { settings }]) =>
    (Array.isArray(settings) ? settings : [])
      .filter(({ file, value }) => file !== path && value !== wish.parameters[name])
      .map(({ file, value }) => `${file} sets ${bootWord(name, value)} as well; remove it there`),
  );
  if (other[0] !== undefined) return refuse(other[0]);
  const file = planDropIn(path, wish.parameters, facts);
  if ('result' in file) return file;
  if (file.actions.length === 0 && changes.length === 0) return file;
  return {
    changes: [...changes, ...file.changes],
    predicted: [...predicted, ...file.predicted],
    actions: [...file.actions, { kind: 'updateGrub' }],
  };
}

function planDropIn(path: string, parameters: BootParameters, facts: FactView): Part | StepPlan {
  const words = Object.entries(parameters).flatMap(([name, value]) => (value === null ? [] : [bootWord(name, value)]));
  const found = foundFile(path, facts);
  if (words.length === 0) return found.now.type === 'absent' ? NOTHING : removal(path);
  const makes = makeParent(found.parent, facts.get('file', parentOf(DROP_INS)));
  const content = contentOf(`GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ${words.join(' ')}"\n`);
  const target = { path, content, mode: undefined, owner: undefined, group: undefined, validate: undefined };
  const parent = makes === null ? found.parent : DIRECTORY;
  const plan = planRegularFile({ ...target, link: 'refuse' }, { ...found, parent });
  if (plan.result === 'ok') return NOTHING;
  if (plan.result !== 'change') return plan;
  const { changes, predicted, actions } = plan;
  return { changes, predicted, actions: [...(makes === null ? [] : [makes]), ...actions] };
}

const NOTHING: Part = { changes: [], predicted: [], actions: [] };
const DIRECTORY: FileFact = { type: 'directory', mode: '0755', owner: 'root', group: 'root' };

function makeParent(parent: FileFact, grandparent: FileFact): Action | null {
  if (parent.type !== 'absent' || grandparent.type !== 'directory') return null;
  return { kind: 'makeDirectory', path: DROP_INS, parents: false, ownership: { mode: '0755' } };
}

function removal(path: string): Part {
  return {
    changes: [{ field: 'drop-in', before: path, after: null }],
    predicted: [{ kind: 'file', key: path, value: { type: 'absent' } }],
    actions: [{ kind: 'remove', path, recursive: false }],
  };
}

/** Every `kernel` line of GRUB 0.97's file; later kernels take over the arguments of the default entry (new-kernel-pkg, grubby(8)). */
function grubConf(
  parameters: BootParameters,
  facts: FactView,
  { changes, predicted }: Pick<Part, 'changes' | 'predicted'>,
): Part | StepPlan {
  if (changes.length === 0) return NOTHING;
  const found = foundFile(GRUB_CONF, facts);
  const bytes = found.now.type === 'file' ? found.now.content?.bytes : undefined;
  if (bytes === null || bytes === undefined) return refuse(`${GRUB_CONF} is not a file that drover can read whole`);
  const content = contentOf(bytesOf(linesOf(bytes).map((line) => withArguments(line, parameters))));
  const target = { path: GRUB_CONF, content, mode: undefined, owner: undefined, group: undefined, validate: undefined };
  const plan = planRegularFile({ ...target, link: 'refuse' }, found);
  if (plan.result !== 'change') return plan.result === 'ok' ? NOTHING : plan;
  return { changes: [...changes, ...plan.changes], predicted: [...predicted, ...plan.predicted], actions: plan.actions };
}

/** A `kernel` line with these parameters; any other line as it is. */
function withArguments(line: Lines[number], parameters: BootParameters): string {
  const body = bodyOf(line);
  if (!/^\s*kernel\s/.test(body)) return line;
  const names = Object.keys(parameters).map(moduleName);
  const dropped = parameterWords(body).filter((word) => names.includes(splitParameter(word).name));
  const kept = dropped.reduce((text, word) => removeWord(text, word), body);
  const words = Object.entries(parameters).flatMap(([name, value]) => (value === null ? [] : [bootWord(name, value)]));
  return withBody(line, [kept.trimEnd(), ...words].join(' '));
}

function removeWord(text: string, word: string): string {
  const at = ` ${text} `.replaceAll('\t', ' ').lastIndexOf(` ${word} `);
  return at === -1 ? text : (text.slice(0, Math.max(0, at - 1)) + text.slice(at + word.length)).replace(/\s+$/, '');
}
