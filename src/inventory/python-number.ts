const DIGITS = '[0-9](?:_?[0-9])*';
const NUMBER = new RegExp(
  [
    '([-+]?)[ \\t]*(?:',
    `((?:${DIGITS})?\\.${DIGITS}(?:[eE][-+]?${DIGITS})?|${DIGITS}\\.(?:[eE][-+]?${DIGITS})?|${DIGITS}[eE][-+]?${DIGITS})`,
    '|(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?[0-9])*)',
    ')(?![\\w."\'])',
  ].join(''),
  'y',
);

/**
 * A number as Python writes it, at an offset: decimal, `0x1F`, `0o17`, `0b1`, `1_000`, floats, with one sign. Null where there is none, as
 * for digits with a leading zero. What JavaScript cannot hold exactly is given as text.
 */
export function readPythonNumber(text: string, at: number): { readonly value: number | string; readonly end: number } | null {
  NUMBER.lastIndex = at;
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const [whole, sign = '', float, integer] = match;
  const end = at + whole.length;
  if (float !== undefined) {
    const value = Number(`${sign}${float.replaceAll('_', '')}`);
    return { value: Number.isFinite(value) ? value : whole, end };
  }
  const exact = BigInt((integer ?? '').replaceAll('_', '')) * (sign === '-' ? -1n : 1n);
  return { value: Number.isSafeInteger(Number(exact)) ? Number(exact) : String(exact), end };
}
