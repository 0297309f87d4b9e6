import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeSocketFolder, SOCKET_NAME } from '../../../src/transport/openssh/socket-folder.ts';
import { folder } from '../world.ts';

it('only its owner enters the folder of a control socket, whose path is short enough for every system', () => {
  const place = folder();
  const [long, odd] = [join(place, 'x'.repeat(80)), join(place, '100% odd')];
  for (const one of [long, odd]) mkdirSync(one);
  const made = makeSocketFolder([undefined, 'relative', long, odd, join(place, 'missing'), place]);
  expect([made.startsWith(`${place}/drover-`), statSync(made).mode & 0o777]).toEqual([true, 0o700]);
  expect(join(made, SOCKET_NAME).length).toBeLessThan(87);
  rmSync(made, { recursive: true });
});

it('without any place for it the reason is told', () => {
  expect(() => makeSocketFolder(['/no/such/place'])).toThrow(/ENOENT/);
  expect(() => makeSocketFolder([])).toThrow('there is no place for the control socket of ssh');
});
