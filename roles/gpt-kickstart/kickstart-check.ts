import { COMMANDS, generationOf, INSTEAD, inRange, OPTIONS, type Options, type Release, SECTIONS } from './kickstart-grammar.ts';
import { type Line, parseKickstart, type Section, splitWords } from './kickstart-parse.ts';
import { bodyRules, fileRules, type Target } from './kickstart-rules.ts';

/** What is wrong on a line, counted from 1. */
export interface KickstartProblem {
  readonly line: number;
  readonly message: string;
}

/** What a kickstart file is checked for. */
export interface CheckOptions extends Target {
  /** Text of files that `%pre` makes and the kickstart includes, by path. */
  readonly includes?: Readonly<Record<string, string>>;
}

/** Checks a whole kickstart file: sections, commands and options that the release knows, quoting, and what would undo or lack the GPT label. */
export function checkKickstart(text: string, options: CheckOptions): readonly KickstartProblem[] {
  const file = parseKickstart(text);
  const included = Object.values(options.includes ?? {}).flatMap((part) => parseKickstart(part).commands);
  const inIncluded = included.flatMap((line) => checkCommand(line, options.release)).map(({ message }) => ({ line: 1, message }));
  return inOrder([...file.problems, ...checkLines(file, options.release), ...inIncluded, ...fileRules(file, included, options)]);
}

/** Checks the lines that a user adds to the role's file, with line numbers of their own. */
export function checkBody(text: string, target: Target): readonly KickstartProblem[] {
  const file = parseKickstart(text);
  return inOrder([...file.problems, ...checkLines(file, target.release), ...bodyRules(file, target)]);
}

function inOrder(problems: readonly KickstartProblem[]): readonly KickstartProblem[] {
  return [...problems].sort((one, other) => one.line - other.line);
}

function checkLines({ commands, sections }: { commands: readonly Line[]; sections: readonly Section[] }, release: Release) {
  return [...commands.flatMap((line) => checkCommand(line, release)), ...sections.flatMap((section) => checkSection(section, release))];
}

function checkCommand(line: Line, release: Release): readonly KickstartProblem[] {
  const wrong = (message: string): readonly KickstartProblem[] => [{ line: line.number, message }];
  const words = splitWords(line.text);
  if (words === null) return wrong('a quotation mark is not closed');
  const [name = '', ...rest] = words;
  if (name === '%include') return rest.length === 1 ? [] : wrong('%include takes one file or URL');
  if (name === '%ksappend') return wrong('%ksappend is not for the installer of a release');
  const range = COMMANDS.get(name);
  if (range === undefined) return wrong(`there is no kickstart command ${name}`);
  if (!inRange(range, generationOf(release))) return wrong(`${release} does not know ${name}${hint(name)}`);
  return checkOptions(name, rest, { line: line.number, release });
}

function hint(name: string): string {
  const instead = INSTEAD.get(name);
  return instead === undefined ? '' : `: ${instead}`;
}

function checkSection({ name, line, body }: Section, release: Release): readonly KickstartProblem[] {
  const range = SECTIONS.get(name);
  if (range === undefined) return [{ line: line.number, message: `there is no section ${name}` }];
  if (!inRange(range, generationOf(release))) return [{ line: line.number, message: `${release} does not know ${name}` }];
  const words = splitWords(line.text);
  if (words === null) return [{ line: line.number, message: 'a quotation mark is not closed' }];
  const inside = name === '%packages' ? body.flatMap(checkPackage) : [];
  return [...checkOptions(name, words.slice(1), { line: line.number, release }), ...inside];
}

/** A package line is one name, an @group, or one of them after `-`; groups may have spaces and options. */
function checkPackage({ number, text }: Line): readonly KickstartProblem[] {
  const entry = text.replace(/\s+#.*$/, '').trim();
  if (entry === '' || entry.startsWith('#') || /^%include\s+\S+$/.test(entry)) return [];
  if (/^-?@/.test(entry) || /^-?[A-Za-z0-9][^\s'"]*$/.test(entry)) return [];
  return [{ line: number, message: `${JSON.stringify(entry)} is not a package, @group or @^environment` }];
}

interface At {
  readonly line: number;
  readonly release: Release;
}

function checkOptions(name: string, words: readonly string[], { line, release }: At): readonly KickstartProblem[] {
  const known = OPTIONS.get(name);
  if (known === undefined) return [];
  const { messages, plain } = readWords(words, known, release);
  const [least, most] = known.words;
  const few = plain < least ? ['needs a word besides options'] : [];
  const many = plain > most ? [most === 0 ? 'takes options only' : 'takes one word besides options'] : [];
  return [...messages, ...few, ...many].map((message) => ({ line, message: `${name} ${message}` }));
}

/** What is wrong with the options among the words, and how many words are none. */
function readWords(words: readonly string[], known: Options, release: Release): { readonly messages: string[]; readonly plain: number } {
  const messages: string[] = [];
  let plain = 0;
  for (let index = 0; index < words.length; index += 1) {
    const given = lookUp(words[index] ?? '', known);
    const message = given === null ? null : optionProblem(given, words[index + 1], release);
    if (given === null) plain += 1;
    if (message !== null) messages.push(message);
    if (given?.needsValue && !given.hasValue) index += 1;
  }
  return { messages, plain };
}

interface Given {
  readonly option: string;
  readonly needsValue: boolean;
  readonly hasValue: boolean;
  /** undefined where the command has no such option in any release. */
  readonly range: string | undefined;
}

/** null for a word that is no option. */
function lookUp(word: string, { options }: Options): Given | null {
  if (!word.startsWith('--')) return null;
  const at = word.indexOf('=');
  const option = at < 0 ? word : word.slice(0, at);
  const needsValue = options.has(`${option}=`);
  return { option, needsValue, hasValue: at >= 0, range: options.get(needsValue ? `${option}=` : option) };
}

function optionProblem({ option, needsValue, hasValue, range }: Given, next: string | undefined, release: Release): string | null {
  if (range === undefined) return `has no option ${option}`;
  if (!inRange(range, generationOf(release))) return `of ${release} does not know ${option}`;
  if (needsValue && !hasValue && (next === undefined || next.startsWith('--'))) return `${option} needs a value`;
  return !needsValue && hasValue ? `${option} takes no value` : null;
}
