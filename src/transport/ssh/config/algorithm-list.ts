import { fitsPattern, fitsPatternList } from './pattern.ts';

/** What the value of an option such as HostKeyAlgorithms starts from. */
export interface Choice {
  readonly byDefault: readonly string[];
  /** All that may be chosen. */
  readonly all: readonly string[];
}

/** The algorithms that a value stands for: `+` adds to the default, `-` takes from it, `^` puts at its head, else its own list. */
export function resolveAlgorithms(text: string, { byDefault, all }: Choice): readonly string[] {
  const [sign, list] = [text[0] ?? '', text.slice(1)];
  const expand = (patterns: string): readonly string[] =>
    patterns.split(',').flatMap((pattern) => all.filter((algorithm) => fitsPattern(algorithm, pattern)));
  if (sign === '-') return byDefault.filter((algorithm) => !fitsPatternList(algorithm, list));
  if (sign === '+') return unique([...byDefault, ...expand(list)]);
  if (sign === '^') return unique([...expand(list), ...byDefault]);
  return unique(expand(text));
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
