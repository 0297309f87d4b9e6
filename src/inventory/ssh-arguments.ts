import { didYouMean } from '../errors/nearest.ts';
import type { TransportName } from '../model/host.ts';
import { mergeSshOptions, readSshKeyword, type SshKeyword } from '../model/ssh-keyword.ts';
import type { SshOptions } from '../model/ssh-options.ts';
import { SSH_VALUES } from '../model/ssh-values.ts';
import { splitArguments } from './split-arguments.ts';

/** What is wrong with one argument of ssh, or cannot be followed. */
export interface SshArgumentProblem {
  readonly kind: 'wrong' | 'unsupported';
  /** A sentence that names the argument. */
  readonly message: string;
  /** The same without anything of a value, for texts that secrets may have been put into. */
  readonly discreet: string;
  readonly hint: string | null;
  /** The argument as split, to be found in the source line; empty where it is all of the text. */
  readonly argument: string;
}

/** Arguments of ssh as `ansible_ssh_common_args` and its like hold them. */
export interface SshArguments {
  readonly options: SshOptions;
  /** What only the system's ssh follows, for the transport `openssh`; empty for the others, where it is a problem or changes nothing. */
  readonly passedOn: readonly string[];
  /** `-F`: the configuration file to read in place of the user's and the system's; `none` reads none, null leaves it at those. */
  readonly configFile: string | null;
  readonly problems: readonly SshArgumentProblem[];
}

/** Reads flags of ssh(1) strictly: what drover cannot follow is a problem and never ignored, unless it changes nothing for drover. */
export function parseSshArguments(text: string, transport: TransportName = 'ssh'): SshArguments {
  const split = splitArguments(text);
  if (split === null) {
    const discreet = 'a quote has no end';
    return {
      options: {},
      passedOn: [],
      configFile: null,
      problems: [{ kind: 'wrong', message: discreet, discreet, hint: null, argument: '' }],
    };
  }
  const problems: SshArgumentProblem[] = [];
  const passedOn: string[] = [];
  let options: SshOptions = {};
  let configFile: string | null = null;
  for (const flag of readFlags(split)) {
    const meaning = meaningOf(flag);
    if ('options' in meaning) options = mergeSshOptions(options, meaning.options);
    else if ('configFile' in meaning) configFile ??= meaning.configFile;
    else if (transport === 'openssh' && isForOpenSsh(flag, meaning)) passedOn.push(...wordsOf(flag));
    else if (!('noEffect' in meaning)) problems.push({ ...problemOf(flag, meaning), argument: flag.argument });
  }
  return { options, passedOn, configFile, problems };
}

interface Flag {
  /** The letter behind the dash; null for an argument that is no flag. */
  readonly letter: string | null;
  /** What follows a letter that takes something, null where nothing is left. */
  readonly value: string | null;
  readonly argument: string;
}

/** ssh(1): the letters that take a value. */
const TAKES_VALUE = 'BbcDEeFIiJLlmOoPpQRSWw';

const LETTERS = new RegExp(`^-(?!-)([^${TAKES_VALUE}]*)(?:([${TAKES_VALUE}])(.*))?$`, 's');

/** getopt(3): letters without values may share a dash, a value may follow its letter at once. */
function readFlags(words: readonly string[]): readonly Flag[] {
  const flags: Flag[] = [];
  const rest = [...words];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, bare, last, attached] = LETTERS.exec(argument) ?? [];
    if (bare === undefined || argument === '-') {
      flags.push({ letter: null, value: null, argument });
      continue;
    }
    for (const letter of new Set(bare)) flags.push({ letter, value: null, argument });
    if (last !== undefined) flags.push({ letter: last, value: attached || (rest.shift() ?? null), argument });
  }
  return flags;
}

type Meaning = SshKeyword | { readonly configFile: string };
/** Flags that the system's ssh may see: none that says what it is run for, and none that goes before what drover has decided. */
const FOR_OPENSSH = 'o46BbCcIKkm';

function isForOpenSsh({ letter }: Flag, meaning: Meaning): boolean {
  if (letter === null || !FOR_OPENSSH.includes(letter)) return false;
  return 'noEffect' in meaning || ('unsupported' in meaning && meaning.byOpenSsh);
}

function wordsOf({ letter, value }: Flag): readonly string[] {
  return value === null ? [`-${letter}`] : [`-${letter}`, value];
}

type Refused = Extract<Meaning, { wrong: string } | { unsupported: string }>;

/** Flags that are short for a keyword of ssh_config(5). */
const KEYWORDS: { readonly [letter: string]: string } = {
  J: 'ProxyJump',
  i: 'IdentityFile',
  l: 'User',
  p: 'Port',
  A: 'ForwardAgent',
  X: 'ForwardX11',
  Y: 'ForwardX11Trusted',
  L: 'LocalForward',
  R: 'RemoteForward',
  D: 'DynamicForward',
  t: 'RequestTTY',
  b: 'BindAddress',
  B: 'BindInterface',
  I: 'PKCS11Provider',
  c: 'Ciphers',
  m: 'MACs',
  C: 'Compression',
  M: 'ControlMaster',
  S: 'ControlPath',
  e: 'EscapeChar',
};

/** Flags that change nothing: a quiet, a loud or an input-less ssh, no terminal, no forwarding. */
const NO_EFFECT = 'qvTnxak';

function meaningOf({ letter, value }: Flag): Meaning {
  if (letter === null) {
    return {
      unsupported: 'it is no flag of ssh',
      hint: 'only flags may stand here; the host and commands come from drover',
      byOpenSsh: false,
    };
  }
  if (TAKES_VALUE.includes(letter) && value === null) return { wrong: 'has no value' };
  if (letter === 'o') return readOption(value ?? '');
  if (letter === 'F') return { configFile: value ?? '' };
  return NO_EFFECT.includes(letter) ? { noEffect: 'nothing changes' } : readLetter(letter, value);
}

function readLetter(letter: string, value: string | null): SshKeyword {
  if (letter === '4' || letter === '6') return readSshKeyword('AddressFamily', letter === '4' ? 'inet' : 'inet6');
  const keyword = KEYWORDS[letter];
  if (keyword === undefined) return { unsupported: 'drover does not know it', hint: null, byOpenSsh: true };
  return readSshKeyword(keyword, value === null ? 'yes' : quoted(letter, value));
}

/** The value of a flag is one word, whatever stands in it; that of `-o` is a line of a configuration file. */
function quoted(letter: string, value: string): string {
  return 'ilp'.includes(letter) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
}

/** ssh_config(5): keyword and value are separated by white space or one `=`. */
function readOption(text: string): Meaning {
  const [, keyword, value] = /^\s*([^\s=]+)(?:\s*=\s*|\s+|$)(.*)$/s.exec(text) ?? [];
  if (keyword === undefined) return { wrong: 'has no keyword' };
  const read = readSshKeyword(keyword, value ?? '');
  if (!('unsupported' in read) || read.hint !== null) return read;
  const known = [...SSH_VALUES.keys()].find((candidate) => didYouMean(keyword.toLowerCase(), [candidate]) !== null);
  return { ...read, hint: known === undefined ? null : `did you mean "${known}"?` };
}

function problemOf({ letter, value, argument }: Flag, meaning: Refused): Omit<SshArgumentProblem, 'argument'> {
  const keyword = letter === 'o' ? /^\s*([^\s=]+)/.exec(value ?? '')?.[1] : undefined;
  const name = keyword === undefined ? `-${letter}` : `option ${keyword}`;
  if ('unsupported' in meaning) {
    const { unsupported, hint } = meaning;
    const [shown, discreet] = letter === null ? [JSON.stringify(argument), 'a word'] : [name, name];
    const rest = `cannot be followed: ${unsupported}`;
    return { kind: 'unsupported', message: `${shown} ${rest}`, discreet: `${discreet} ${rest}`, hint };
  }
  return {
    kind: 'wrong',
    message: `${name} ${meaning.wrong}`,
    discreet: `${name} ${meaning.wrong.replace(/, found .*$/s, '')}`,
    hint: null,
  };
}
