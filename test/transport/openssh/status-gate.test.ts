import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatusGate } from '../../../src/transport/openssh/status-gate.ts';

describe('the line with the exit status', () => {
  it('is taken out wherever it comes, in whatever pieces', () => {
    const texts = fc.string({ unit: fc.constantFrom('=', 'a', 'b', ' ', '1', '\n') }).filter((text) => !text.includes('=ab'));
    fc.assert(
      fc.property(texts, texts, fc.nat(255), fc.array(fc.nat(40)), (before, after, status, cuts) => {
        fc.pre(!`${before}=ab`.slice(0, -1).includes('=ab'));
        const whole = Buffer.from(`${before}=ab ${status}\n${after}`);
        const gate = new StatusGate('=ab');
        const pieces = [...cuts, whole.length].sort((a, b) => a - b).map((cut, index, all) => whole.subarray(all[index - 1] ?? 0, cut));
        const passed = Buffer.concat([...pieces.map((piece) => gate.push(piece)), gate.end()]);
        expect([passed.toString(), gate.status]).toEqual([before + after, status]);
      }),
    );
  });

  it('holds back nothing that cannot begin it: a question without an end of line comes at once', () => {
    const gate = new StatusGate('=ab');
    expect(gate.push(Buffer.from('password:')).toString()).toBe('password:');
    expect(gate.push(Buffer.from('x=a')).toString()).toBe('x');
    expect(gate.push(Buffer.from('c')).toString()).toBe('=ac');
    expect(gate.push(Buffer.from('=')).toString()).toBe('');
    expect([gate.end().toString(), gate.status]).toEqual(['=', null]);
  });
});
