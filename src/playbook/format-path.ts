/** A path as users write it: `vips[0].address`; `params` for the empty path. */
export function formatPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'params';
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('');
}
