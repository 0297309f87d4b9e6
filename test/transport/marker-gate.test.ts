import { describe, expect, it } from 'vitest';
import { MarkerGate } from '../../src/transport/marker-gate.ts';

describe('a marker gate', () => {
  it.each([
    [['MARK\nout'], '', 'out'],
    [['noise\nMARK\nout', 'more'], 'noise\n', 'outmore'],
    [['noi', 'seMA', 'RK', '\no', 'ut'], 'noise', 'out'],
    [['MARK', 'X\n'], 'MARKX\n', ''],
    [['MARK\nMARK\n'], '', 'MARK\n'],
  ])('splits %j at the first marker line', (chunks, head, rest) => {
    const gate = new MarkerGate('MARK');
    const passed = chunks.map((chunk) => gate.push(Buffer.from(chunk)).toString()).join('');
    expect([gate.head.toString(), passed]).toEqual([head, rest]);
  });

  it('keeps no more than 64 KiB of noise, and still finds the marker', () => {
    const gate = new MarkerGate('MARK');
    gate.push(Buffer.alloc(200_000, 'x'));
    gate.push(Buffer.from('MA'));
    expect([gate.head.length, gate.push(Buffer.from('RK\nout')).toString()]).toEqual([65_536, 'out']);
  });
});
