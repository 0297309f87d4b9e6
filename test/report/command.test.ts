import { describe, expect, test } from 'vitest';
import { type CommandOutcome, renderCommand, renderCommandJson } from '../../src/report/command.ts';

function result(host: string, fields: Partial<CommandOutcome> = {}): CommandOutcome {
  return { host, outcome: 'ok', exitCode: 0, stdout: Buffer.from('up\n'), stderr: Buffer.alloc(0), error: null, durationMs: 10, ...fields };
}

const options = { colours: 0, width: 80, durationMs: 400 } as const;

describe('the results of a command', () => {
  test('are folded by output, most hosts first, troubled ones at the end', () => {
    const results = [
      result('db9', {
        outcome: 'unreachable',
        exitCode: null,
        stdout: Buffer.alloc(0),
        error: { phase: 'connect', message: 'no answer', hint: 'is it up?' },
      }),
      result('db1', { outcome: 'failed', exitCode: 3, stdout: Buffer.from('half\n'), stderr: Buffer.from('oh\x1b[2J no\n') }),
      result('web1', { stdout: Buffer.from('other') }),
      result('web2'),
      result('web3', { durationMs: 99 }),
    ];
    expect(renderCommand(results, options)).toMatchInlineSnapshot(`
      "web2, web3: ok (2 hosts)
        up

      web1: ok
        other

      db1: exit status 3
        half
        standard error:
        oh\\x1b[2J no

      db9: unreachable
        connect: no answer
        hint: is it up?

      5 hosts: 1 failed, 1 unreachable, 3 ok, 400 ms
      "
    `);
  });

  test('of equal outputs with different exit status or stream are not folded', () => {
    const results = [
      result('a', { stdout: Buffer.from('x') }),
      result('b', { stdout: Buffer.alloc(0), stderr: Buffer.from('x') }),
      result('c', { stdout: Buffer.from('x'), exitCode: 1, outcome: 'failed' }),
    ];
    expect(renderCommand(results, options)).toMatchInlineSnapshot(`
      "a: ok
        x

      b: ok
        standard error:
        x

      c: exit status 1
        x

      3 hosts: 1 failed, 2 ok, 400 ms
      "
    `);
  });

  test('list all hosts of a group, wrapped', () => {
    const results = Array.from({ length: 30 }, (_, index) => result(`web${index}.example.com`));
    const lines = renderCommand(results, options).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines.join(' ')).toContain('web29.example.com: ok (30 hosts)');
  });

  test('are a JSON array for programs', () => {
    expect(JSON.parse(renderCommandJson([result('web1')]))).toEqual([
      { host: 'web1', outcome: 'ok', exitCode: 0, stdout: 'up\n', stderr: '', error: null, durationMs: 10 },
    ]);
  });
});
