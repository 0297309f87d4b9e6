import type { FactState, GuardFact } from '../model/fact.ts';
import { quote } from '../shell/quote.ts';
import { type FactReader, known } from './reader.ts';

/** Most of a guard's output that is kept, in bytes: the end of it. */
const KEPT_OUTPUT = 16 * 1024;

/** Commands that decide whether a step runs. Key: the command, as `sh -c` takes it. Each is a process of its own: it may be any program. */
export const guardReader: FactReader<'guard'> = {
  kind: 'guard',
  script(requests) {
    const guard = `guard() { { sh -c -- "$1" 2>&1; printf '\\n%s' "$?"; } | tail -c ${KEPT_OUTPUT}; mark; }`;
    return [guard, ...requests.map((request) => `guard ${quote(request.key)}`)].join('\n');
  },
  parse(pieces, requests) {
    const facts = new Map<string, FactState<GuardFact>>();
    requests.forEach(({ key }, index) => {
      const text = pieces[index]?.toString('utf8') ?? '';
      const end = text.lastIndexOf('\n');
      const exitCode = /^\d+$/.test(text.slice(end + 1)) ? Number(text.slice(end + 1)) : null;
      // What is missing is marked: what stands behind may be the rest of anything, also of a secret.
      const cut = (pieces[index]?.length ?? 0) < KEPT_OUTPUT ? '' : '…';
      if (exitCode !== null && end !== -1) facts.set(key, known({ exitCode, output: cut + text.slice(0, end) }));
    });
    return facts;
  },
};
