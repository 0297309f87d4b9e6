import { didYouMean } from '../../../errors/nearest.ts';
import type { Diagnostic } from '../../../model/diagnostic.ts';
import { type ConfigLine, type Directive, problemAt } from './directive.ts';
import { ALIASES, IGNORED, REFUSED, SETTINGS, type SettingRule } from './keywords.ts';
import { parseMatchLine } from './match-line.ts';
import { type ConfigWord, splitArguments, takeWord } from './words.ts';

/** A line of a file whose Include lines are not followed yet. */
export type ParsedDirective = Exclude<Directive, { kind: 'include' }> | { readonly kind: 'include'; readonly line: ConfigLine };

/** The lines of one file, and all that is wrong with them whatever the host. */
export interface ParsedConfig {
  readonly directives: readonly ParsedDirective[];
  readonly problems: readonly Diagnostic[];
}

/** Reads the text of a configuration file (ssh_config(5)). Blank lines, comments and keywords that mean nothing to drover are left out. */
export function parseConfig(text: string, file: string): ParsedConfig {
  const results = text.split('\n').map((source, index) => parseLine(source.replace(/[ \t\r\f]+$/, ''), { file, line: index + 1 }));
  return {
    directives: results.filter((result) => result !== null && 'kind' in result),
    problems: results.filter((result) => result !== null && 'code' in result),
  };
}

type Result = ParsedDirective | Diagnostic | null;

function parseLine(source: string, place: { file: string; line: number }): Result {
  const keyword = takeKeyword(source);
  if (keyword === null) return null;
  const { word, from } = keyword;
  const rest = { text: source.slice(from), column: from + 1, length: source.length - from };
  const bare: ConfigLine = { ...place, source, keyword: word, words: [], rest };
  if (rest.text === '') return problemAt(bare, word, { message: `${word.text} has no argument` });
  const words = splitArguments(source, from);
  if (words === null) return problemAt(bare, rest, { message: `a quote in the arguments of ${word.text} is not closed` });
  return readDirective({ ...bare, words });
}

function takeKeyword(source: string): { readonly word: ConfigWord; readonly from: number } | null {
  const first = takeWord(source, 0);
  // Leading white space, and one leading `=`, is an empty word.
  const taken = first?.word.text === '' && first.next !== null ? takeWord(source, first.next) : first;
  if (taken === null || taken.word.text === '' || taken.word.text.startsWith('#')) return null;
  const from = taken.next ?? source.length;
  return { word: taken.word, from: from + source.slice(from).search(/[^ \t\r\n]|$/) };
}

function readDirective(line: ConfigLine): Result {
  const written = line.keyword.text.toLowerCase();
  const keyword = ALIASES.get(written) ?? written;
  if (keyword === 'match') return readMatch(line);
  if (keyword === 'host' || keyword === 'include') return readList({ kind: keyword, line });
  const rule = SETTINGS.get(keyword);
  if (rule !== undefined) return readSetting({ kind: 'setting', line, keyword }, rule);
  if (REFUSED.has(keyword)) return { kind: 'setting', line, keyword };
  return IGNORED.has(keyword) ? null : { kind: 'unknown', line };
}

function readMatch(line: ConfigLine): Result {
  const match = parseMatchLine(line.source, line.rest.column - 1);
  if ('message' in match) return problemAt(line, match.word, { message: match.message, hint: didYouMean(match.word.text, CRITERIA) });
  if (match.criteria.length === 0) return problemAt(line, line.rest, { message: 'Match has no criterion' });
  return { kind: 'match', line, criteria: match.criteria };
}

const CRITERIA = ['all', 'canonical', 'final', 'host', 'originalhost', 'user', 'localuser'];

function readList(directive: ParsedDirective): Result {
  const { line } = directive;
  const empty = line.words.find(({ text }) => text === '');
  return empty === undefined ? directive : problemAt(line, empty, { message: `${line.keyword.text} has an empty argument` });
}

function readSetting(directive: Extract<ParsedDirective, { kind: 'setting' }>, rule: SettingRule): Result {
  const { line } = directive;
  const wrong = findWrong(directive, rule);
  return wrong === null ? directive : problemAt(line, wrong.word, { message: `${line.keyword.text} ${wrong.message}` });
}

function findWrong({ line }: { line: ConfigLine }, rule: SettingRule): { readonly word: ConfigWord; readonly message: string } | null {
  const [first, second] = line.words;
  if (rule.takes === 'several') return findWrongFile(line);
  const value = rule.takes === 'rest' ? restOf(line) : (first ?? { ...line.rest, text: '' });
  if (value.text === '' && rule.takes === 'one') return { word: value, message: 'has an empty argument' };
  if (!rule.isValid(value.text)) return { word: value, message: `must be ${rule.expected}, found "${value.text}"` };
  if (rule.takes === 'rest' || second === undefined) return null;
  return { word: second, message: `takes one argument, found "${second.text}" behind it` };
}

function findWrongFile({ words, rest }: ConfigLine): { readonly word: ConfigWord; readonly message: string } | null {
  const empty = words.length === 0 ? rest : words.find(({ text }) => text === '');
  if (empty !== undefined) return { word: empty, message: 'has an empty argument' };
  const none = words.find(({ text }) => text.toLowerCase() === 'none');
  return none === undefined || words.length === 1 ? null : { word: none, message: 'takes "none" alone, without other files' };
}

/** What a keyword that takes the rest of its line is given: without `=` and white space before it. */
export function restOf({ rest }: ConfigLine): ConfigWord {
  const skipped = rest.text.search(/[^ \t\r\n=]|$/);
  return { text: rest.text.slice(skipped), column: rest.column + skipped, length: rest.length - skipped };
}
