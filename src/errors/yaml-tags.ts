import type { ScalarTag } from 'yaml';

/** `yes`, `no`, `on`, `off` are booleans as for Ansible's users (YAML 1.1); YAML 1.2 alone would make them text. */
const WORD_BOOLEAN: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => /^(?:yes|on)$/i.test(text),
};

/**
 * Digits with a leading zero stay text: YAML 1.1 would read `0644` as 420 and YAML 1.2 as 644, and neither is meant.
 * So do whole numbers too large to be exact.
 */
const LITERAL_DIGITS: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^(?:0[0-9]+|[-+]?[1-9][0-9]{15,})$/,
  resolve: (text) => (!text.startsWith('0') && Number.isSafeInteger(Number(text)) ? Number(text) : text),
};

/**
 * Digits with an exponent are a number only where both a point and a sign of the exponent are written, as in YAML 1.1 and so for Ansible:
 * the short name of a commit, such as `12e03`, is text.
 */
const LITERAL_EXPONENT: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^[-+]?(?:[0-9]+[eE][-+]?[0-9]+|(?:[0-9]+\.[0-9]*|\.[0-9]+)[eE][0-9]+)$/,
  resolve: (text) => text,
};

/** Written in front of a value: a date stays text, as every date does; a float may lack its point. */
const EXPLICIT: readonly ScalarTag[] = [
  { tag: 'tag:yaml.org,2002:timestamp', resolve: (text) => text },
  { tag: 'tag:yaml.org,2002:float', resolve: (text) => (Number.isFinite(Number(text)) ? Number(text) : text) },
];

/** What drover reads differently from YAML 1.2's core schema. */
export const YAML_TAGS: readonly ScalarTag[] = [WORD_BOOLEAN, LITERAL_DIGITS, LITERAL_EXPONENT, ...EXPLICIT];

/** The same for JSON, where every number with an exponent is a number: Ansible, too, tries JSON before YAML. */
export const JSON_TAGS: readonly ScalarTag[] = [LITERAL_DIGITS];

/** True for a text that is a mapping or list in JSON. */
export function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
