import type { ColourLevel } from '../report/style.ts';
import type { Io, OutputStream } from './io.ts';

/**
 * Colours for a stream: FORCE_COLOR (force-color.org) decides where it is set, then NO_COLOR (no-color.org) and `TERM=dumb` turn them off;
 * otherwise terminals have sixteen and everything else none.
 */
export function colourLevel(stream: OutputStream, env: Io['env']): ColourLevel {
  const force = env.FORCE_COLOR;
  if (force !== undefined) return forced(force);
  if ((env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb') return 0;
  return stream.isTTY === true ? 1 : 0;
}

function forced(value: string): ColourLevel {
  switch (value) {
    case '0':
    case 'false':
      return 0;
    case '2':
      return 2;
    case '3':
      return 3;
    default:
      return 1;
  }
}
