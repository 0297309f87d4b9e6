/** Address and port as nginx writes them; it takes 80 for a port that is not said. */
export function namesOf({ address, port }: { readonly address: string; readonly port: number }): readonly string[] {
  const host = address.includes(':') ? `[${address}]` : address;
  return port === 80 ? [`${host}:80`, host] : [`${host}:${port}`];
}

/** The line of a server, whatever its parameters; a directive over several lines is not one. */
export function lineOfServer(names: readonly string[]): RegExp {
  return new RegExp(`^\\s*server\\s+(?:${names.map((name) => name.replace(/[.[\]]/g, '\\$&')).join('|')})(?=[\\s;])[^;#]*;`);
}

/** The line with this state; everything else in it stays, also what is behind it. */
export function withState(found: string, state: 'up' | 'down'): string {
  const end = found.indexOf(';');
  const directive = found.slice(0, end);
  const isDown = directive.split(/\s+/).includes('down');
  if (isDown === (state === 'down')) return found;
  const changed = isDown ? directive.replaceAll(/\s+down(?=\s|$)/g, '') : `${directive.trimEnd()} down`;
  return `${changed}${found.slice(end)}`;
}
