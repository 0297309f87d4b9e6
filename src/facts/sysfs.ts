import type { FactRequest, FactState } from '../model/fact.ts';
import type { SysfsFact } from '../model/sysfs-fact.ts';
import { quote } from '../shell/quote.ts';
import { foldSpace } from '../shell/sysctl.ts';
import { type FactReader, known, unreadable } from './reader.ts';

/** Attributes below /sys. Key: the path. One process for all. */
export const sysfsReader: FactReader<'sysfs'> = {
  kind: 'sysfs',
  script: (requests) => `
attributes() {
  k=; f=; i=0
  for p do
    i=$((i+1))
    if [ -f "$p" ]; then k=\${k}v; f="$f \\"\\\${$i}\\""; elif [ -e "$p" ]; then k=\${k}d; else k=\${k}a; fi
  done
  printf '%s\\n' "$k"
  mark
  # The path in front of every line: an attribute may have several, or none.
  [ -z "$f" ] || eval "grep -s ''$f /dev/null"
}
attributes ${requests.map(({ key }) => quote(key)).join(' ')}
mark`,
  parse(pieces, requests) {
    const [letters = '', text = ''] = pieces.map((piece) => piece.toString('utf8'));
    if (letters.trimEnd().length !== requests.length) return new Map();
    const lines = text.split('\n');
    return new Map(requests.map((request, index) => [request.key, stateOf(request, { letter: letters[index], lines })]));
  },
};

function stateOf({ key }: FactRequest<'sysfs'>, { letter, lines }: { letter: string | undefined; lines: string[] }): FactState<SysfsFact> {
  if (letter === 'a') return known({ value: null });
  if (letter === 'd') return unreadable('it is a directory and no attribute');
  const own = lines.filter((line) => line.startsWith(`${key}:`)).map((line) => line.slice(key.length + 1));
  return own.length === 0 ? unreadable('the kernel does not let it be read') : known(parseAttribute(foldSpace(own.join(' '))));
}

/** `none [mq-deadline]` is the value `mq-deadline` out of two; exactly one word is in brackets then. */
function parseAttribute(text: string): SysfsFact {
  const words = text.split(' ');
  const [chosen, ...more] = words.filter((word) => /^\[.+\]$/.test(word));
  if (chosen === undefined || more.length > 0) return { value: text };
  return { value: chosen.slice(1, -1), choices: words.map((word) => (word === chosen ? word.slice(1, -1) : word)) };
}
