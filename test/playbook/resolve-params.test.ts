import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Vars, VarValue } from '../../src/model/host.ts';
import { defineRole } from '../../src/playbook/define.ts';
import { foldByHost, resolveParams, resolvePlay } from '../../src/playbook/resolve-params.ts';
import { hostOf, playOf, useOf } from './build.ts';

const roleOf = <P>(params: z.ZodType<P>) =>
  defineRole({ name: 'r', description: 'd', platforms: 'any', params, steps: () => ({ steps: [] }) });
const anything = roleOf(z.looseObject({}));
const host = hostOf('web01', {
  port: 8080,
  on: true,
  none: null,
  net: { vips: [{ address: '192.0.2.1' }], 'a-b': 1 },
  alias: '{{ port }}',
  list: ['x', '{{ port }}'],
  loop: '{{ loop2 }}',
  loop2: 'x{{ loop }}',
  both: 'host',
});

const resolved = (value: VarValue, playVars: Vars = {}) => resolveParams(useOf(anything, { value }), host, playVars);

describe('templates', () => {
  test.each<[VarValue, VarValue]>([
    ['plain', 'plain'],
    ['{{ port }}', 8080],
    ['{{port}}', 8080],
    ['{{ on }}', true],
    ['{{ none }}', null],
    ['{{ net }}', { vips: [{ address: '192.0.2.1' }], 'a-b': 1 }],
    ['{{ net.vips[0].address }}', '192.0.2.1'],
    ['{{ net.vips.0.address }}', '192.0.2.1'],
    ["{{ net['a-b'] }}", 1],
    ['{{ net.a-b }}', 1],
    [':{{ port }}/{{ on }}', ':8080/true'],
    ['{{ port }}{{ port }}', '80808080'],
    [' {{ port }}', ' 8080'],
    ['{{ inventory_hostname }}', 'web01'],
    ['{{ inventory_hostname_short }}', 'web01'],
    ['{{ group_names }}', ['prod', 'web']],
    ['{{ alias }}', 8080],
    ['{{ list }}', ['x', 8080]],
    ['{{ list[1] }}', 8080],
    ['{{ both }} {{ mine }}', 'host play'],
    [
      ['{{ port }}', { deep: '{{ on }}' }],
      [8080, { deep: true }],
    ],
    ["{{ '{{' }} x }}", '{{ x }}'],
    ["{{ '{% if %}' }}", '{% if %}'],
    ['a } b { c', 'a } b { c'],
  ])('%j becomes %j', (value, expected) => {
    const { value: params, problems } = resolved(value, { both: 'play', mine: 'play' });
    expect(problems).toEqual([]);
    expect(params).toEqual({ value: expected });
  });

  test.each<[VarValue, string, string, string | null]>([
    ['{{ prt }}', 'var-unknown', 'there is no variable "prt"', 'did you mean "port"?'],
    ['x {{ zzzzzz }}', 'var-unknown', 'there is no variable "zzzzzz"', null],
    ['{{ net.vip }}', 'var-unknown', '"net" has no field "vip"', 'did you mean "vips"?'],
    ['{{ net.vips[3] }}', 'var-unknown', '"net.vips" has 1 item, none with number 3', null],
    ['{{ port.x }}', 'var-unknown', '"port" has no field "x"', null],
    ['{{ constructor }}', 'var-unknown', 'there is no variable "constructor"', null],
    [
      '{{ port | int }}',
      'template-syntax',
      '"{{ port | int }}" is more than the path of a variable',
      'logic belongs in roles; {{ }} takes a path such as net.vips[0].address',
    ],
    [
      '{{ port + 1 }}',
      'template-syntax',
      '"{{ port + 1 }}" is more than the path of a variable',
      'logic belongs in roles; {{ }} takes a path such as net.vips[0].address',
    ],
    ['{{ }}', 'template-syntax', '"{{ }}" names no variable', 'logic belongs in roles; {{ }} takes a path such as net.vips[0].address'],
    ['{{ port', 'template-syntax', '"{{" has no "}}"', 'logic belongs in roles; {{ }} takes a path such as net.vips[0].address'],
    ['{% if x %}', 'template-syntax', '"{% %}" is logic', 'logic belongs in roles; {{ }} takes a path such as net.vips[0].address'],
    [
      'x{{ net }}',
      'parameter-invalid',
      '"{{ net }}" is a mapping; inside longer text only text, numbers and true or false can stand',
      null,
    ],
    ['x{{ none }}', 'parameter-invalid', '"{{ none }}" is empty; inside longer text only text, numbers and true or false can stand', null],
    ['{{ loop }}', 'template-syntax', '"{{ loop }}" leads to itself: loop → loop2 → loop', null],
  ])('%j is refused', (value, code, message, hint) => {
    expect(resolved(value).problems.map((problem) => [problem.code, problem.message, problem.hint])).toEqual([
      [code, `role "r": ${message}`, hint],
    ]);
  });

  test('text without braces and values that are no text stay as they are', () => {
    const values = fc.oneof(
      fc.string().filter((text) => !/\{[{%]/.test(text)),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(values, (value) => {
        expect(resolved(value).value).toEqual({ value });
      }),
    );
  });

  test('any text gives a value or a problem, never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', '{{', '}}', ' ', 'net', 'port', '.', '[0]', "'", '%', '|') }), (text) => {
        const { problems, value } = resolved(text);
        expect(problems.length > 0 || value !== undefined).toBe(true);
      }),
    );
  });
});

describe('checked parameters', () => {
  const schema = z.object({
    name: z.string(),
    port: z.int().min(1).max(65_535).default(80),
    ratio: z.number().lt(1).optional(),
    mode: z.enum(['a', 'b']).optional(),
    tags: z.array(z.string()).min(1).optional(),
    user: z.string().min(2).max(5).optional(),
    mac: z
      .string()
      .regex(/^[0-9a-f:]+$/, 'not a MAC address')
      .optional(),
    address: z.ipv4().optional(),
    either: z.union([z.string(), z.boolean()]).optional(),
    map: z.record(z.string(), z.object({ x: z.number() })).optional(),
    nested: z.object({ inner: z.object({ deep: z.string() }) }).optional(),
    db_password: z.string().min(8).optional(),
  });
  const check = (params: Vars) => resolveParams(useOf(roleOf(schema), params), host, {});

  test('have their defaults filled in', () => {
    expect(check({ name: 'x' })).toMatchObject({ value: { name: 'x', port: 80 }, problems: [] });
  });

  test.each<[Vars, string, string | null]>([
    [{}, 'parameter "name" is missing; it must be text', null],
    [{ name: 7 }, 'parameter "name" must be text, found 7', 'put it in quotes to make it text'],
    [{ name: null }, 'parameter "name" must be text, found nothing', null],
    [{ name: ['x'] }, 'parameter "name" must be text, found a list', null],
    [{ name: 'x', port: '80' }, 'parameter "port" must be a number, found text "80"', 'write it without quotes and leading zeros'],
    [{ name: 'x', port: 1.5 }, 'parameter "port" must be a whole number, found 1.5', null],
    [{ name: 'x', port: 0 }, 'parameter "port" must be at least 1, found 0', null],
    [{ name: 'x', ratio: 1 }, 'parameter "ratio" must be less than 1, found 1', null],
    [{ name: 'x', mode: 'c' }, 'parameter "mode" must be one of "a", "b", found text "c"', null],
    [{ name: 'x', tags: [] }, 'parameter "tags" must be a list of at least 1 item, found a list', null],
    [{ name: 'x', tags: ['a', 3] }, 'parameter "tags[1]" must be text, found 3', 'put it in quotes to make it text'],
    [{ name: 'x', user: 'a' }, 'parameter "user" must be text of at least 2 characters, found text "a"', null],
    [{ name: 'x', mac: 'zz' }, 'parameter "mac": not a MAC address, found text "zz"', null],
    [{ name: 'x', address: '192.0.2' }, 'parameter "address": invalid IPv4 address, found text "192.0.2"', null],
    [{ name: 'x', either: 3 }, 'parameter "either" must be text or true or false, found 3', null],
    [{ name: 'x', map: { a: { x: 'y' } } }, 'parameter "map.a.x" must be a number, found text "y"', null],
    [{ name: 'x', nested: 3 }, 'parameter "nested" must be a mapping, found 3', null],
    [{ name: 'x', db_password: 'short' }, 'parameter "db_password" must be text of at least 8 characters, found text', null],
    [{ name: 'x', prot: 80 }, 'there is no parameter "prot"', 'did you mean "port"?'],
    [{ nmae: 'x' }, 'there is no parameter "nmae"', 'did you mean "name"?'],
    [{ name: 'x', nested: { inner: { dep: 'x' } } }, '"nested.inner" has no field "dep"', 'did you mean "deep"?'],
    [{ name: 'x', map: { a: { x: 1, y: 2 } } }, '"map.a" has no field "y"', 'did you mean "x"?'],
  ])('%j', (params, message, hint) => {
    expect(check(params).problems.map((problem) => [problem.code, problem.message, problem.hint])).toEqual([
      ['parameter-invalid', `role "r": ${message}`, hint],
    ]);
  });

  test('show all problems at once', () => {
    expect(check({ port: 0, mode: 'c', x: 1 }).problems).toHaveLength(4);
  });

  test('are not checked further where a template could not be resolved', () => {
    expect(check({ name: '{{ nothing }}', nested: '{{ x | y }}' }).problems.map(({ code }) => code)).toEqual([
      'var-unknown',
      'template-syntax',
    ]);
  });

  test.each([
    ['strict', z.strictObject({ a: z.string() })],
    ['default', z.object({ a: z.string() }).default({ a: '' })],
    ['refined', z.object({ a: z.string() }).refine(() => true)],
    ['piped', z.object({ a: z.string() }).transform((value) => value.a)],
    ['lazy', z.lazy(() => z.object({ a: z.string() }))],
    ['union', z.union([z.object({ a: z.string() }), z.object({ c: z.string() })])],
    ['discriminated', z.discriminatedUnion('a', [z.object({ a: z.literal('x') }), z.object({ a: z.literal('y'), b: z.string() })])],
    ['optional', z.object({ a: z.string() }).optional()],
  ])('refuse unknown keys in a schema that is %s', (_title, params) => {
    expect(resolveParams(useOf(roleOf<unknown>(params), { a: 'x', b: 'y' }), host, {}).problems.map(({ message }) => message)).toEqual([
      'role "r": there is no parameter "b"',
    ]);
  });

  test('may have any keys where the role says so', () => {
    expect(resolveParams(useOf(roleOf(z.looseObject({ a: z.string() })), { a: 'x', b: 1 }), host, {}).problems).toEqual([]);
    expect(resolveParams(useOf(roleOf(z.object({ a: z.string() }).catchall(z.number())), { a: 'x', b: 1 }), host, {}).problems).toEqual([]);
  });
});

describe('many hosts', () => {
  test('the same problem is reported once, with the number of hosts and the first', () => {
    const role = roleOf(z.object({ n: z.number() }));
    const hosts = Array.from({ length: 100 }, (_, index) => hostOf(`web${index}`, index === 7 ? { n: 1 } : {}));
    const play = playOf({ roles: [useOf(role, { n: '{{ n }}' })] });
    const { value, problems } = resolvePlay(play, hosts);
    expect(problems.map(({ message }) => message)).toEqual(['role "r": there is no variable "n" (on 99 hosts, first web0)']);
    expect(value.get('web7')).toEqual([{ n: 1 }]);
  });

  test('different problems stay apart', () => {
    const problem = { code: 'argument', message: 'a', place: null, source: null, hint: null } as const;
    const folded = foldByHost([
      { host: 'x', problems: [problem, { ...problem, message: 'b' }] },
      { host: 'y', problems: [problem, problem] },
    ]);
    expect(folded.map(({ message }) => message)).toEqual(['a (on 2 hosts, first x)', 'b (on x)']);
  });
});
