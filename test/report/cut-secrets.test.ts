import { expect, test } from 'vitest';
import { createRedactor } from '../../src/report/redact.ts';

const SECRET = 'correct-horse-battery';
const BASE64 = Buffer.from(SECRET).toString('base64');
const { text } = createRedactor([SECRET]);

test.each<[string, string, string]>([
  ['the end of one behind a cut', '…horse-battery and more', '…[secret] and more'],
  ['over lines', '…hor\nse-bat\ntery\nmore', '…[secret]\nmore'],
  ['behind half a character', '…\ufffd\ufffdbattery!', '…[secret]!'],
  ['the beginning of one before a cut', `echo 'correct-ho…`, `echo '[secret]…`],
  ['an encoding', `${BASE64.slice(0, 12)}… and …${BASE64.slice(9)}.`, '[secret]… and …[secret].'],
  ['text that is cut in the middle', 'a correct… b', 'a [secret]… b'],
  ['pieces too short to be told', 'cor… …ery', 'cor… …ery'],
  ['what only begins like one', '…horseback, correctly…', '…horseback, correctly…'],
  ['no cut', 'horse-battery', 'horse-battery'],
])('pieces of secrets that a cut left are masked: %s', (_, shown, masked) => {
  expect(text(shown)).toBe(masked);
});
