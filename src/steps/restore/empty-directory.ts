import { quote } from '../../shell/quote.ts';

/**
 * A check that succeeds where the directory holds nothing but these names, or is none; else it prints the first other one. It only reads, with
 * nothing but the shell.
 */
export function holdsOnly(directory: string, names: readonly string[]): string {
  const others = names.length === 0 ? '' : `case $name in ${names.map(quote).join(' | ')}) continue ;; esac; `;
  return [
    `cd ${quote(directory)} 2>/dev/null || exit 0`,
    'for name in * .[!.]* ..?*; do',
    `  if [ -e "$name" ] || [ -L "$name" ]; then ${others}printf '%s\\n' "$name"; exit 1; fi`,
    'done',
  ].join('\n');
}
