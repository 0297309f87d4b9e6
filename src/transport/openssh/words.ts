/** The last line that says something; null where none does. */
export function lastOf(lines: readonly string[]): string | null {
  return lines.findLast((line) => line.trim() !== '')?.trim() ?? null;
}
