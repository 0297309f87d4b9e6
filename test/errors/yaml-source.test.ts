import { describe, expect, test } from 'vitest';
import { isMap } from 'yaml';
import { renderDiagnostics } from '../../src/errors/render.ts';
import { isSecretName, maskSecretLine } from '../../src/errors/secret-names.ts';
import { parseYamlSource } from '../../src/errors/yaml-source.ts';

const parsed = (text: string) => {
  const source = parseYamlSource('a.yaml', text);
  return source.value(source.root);
};

describe('parseYamlSource', () => {
  test.each([
    ['yes', true],
    ['Off', false],
    ['no', false],
    ['"yes"', 'yes'],
    ['12e03', '12e03'],
    ['1e-3', '1e-3'],
    ['1.5e3', '1.5e3'],
    ['1.5e+3', 1500],
    ['0644', '0644'],
    ['00', '00'],
    ['0', 0],
    ['644', 644],
    ['-3', -3],
    ['0x1f', 31],
    ['1.5', 1.5],
    ['12:30:45', '12:30:45'],
    ['2001:db8::1', '2001:db8::1'],
    ['2026-11-21', '2026-11-21'],
    ['1234567890123456', 1234567890123456],
    ['12345678901234567890', '12345678901234567890'],
    ['~', null],
    ['', null],
  ])('reads %s as %j', (text, value) => {
    expect(parsed(`a: ${text}`)).toEqual({ a: value });
  });

  test('keeps words that are booleans elsewhere as names of keys', () => {
    expect(parsed('on: lb\nNo: off\nyes: x\nfalse: y\n')).toEqual({ on: 'lb', No: false, yes: 'x', false: 'y' });
    const source = parseYamlSource('a.yaml', 'on: lb');
    expect(isMap(source.root) && source.entries(source.root).map(({ key }) => key)).toEqual(['on']);
  });

  test('merges << ahead of what the mapping itself says, as PyYAML does', () => {
    const source = parseYamlSource('a.yaml', 'base: &base { a: 1, b: 2 }\nuse:\n  <<: *base\n  b: 3\n');
    expect(source.value(source.root)).toEqual({ base: { a: 1, b: 2 }, use: { a: 1, b: 3 } });
    const use = isMap(source.root) ? source.resolve(source.entries(source.root)[1]?.valueNode ?? null) : null;
    expect(isMap(use) && source.entries(use).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  test.each([
    ['x: { <<: *a, <<: *b }', { k: 2, a: 1, b: 2 }],
    ['x: { <<: [*a, *b] }', { k: 1, a: 1, b: 2 }],
    ['x: { <<: [*a, { k: 3 }], <<: *b, b: 4 }', { k: 2, a: 1, b: 4 }],
    ['x: { m: { k: 5, <<: *a } }', { m: { k: 5, a: 1 } }],
  ])('of what << merges twice the later wins, of a list the earlier: %s', (text, value) => {
    expect(parsed(`a: &a { k: 1, a: 1 }\nb: &b { k: 2, b: 2 }\n${text}\n`)).toMatchObject({ x: value });
  });

  test.each([
    ['a: !!timestamp 2026-11-21', { a: '2026-11-21' }],
    ['a: !!float 5', { a: 5 }],
    ['a: 1e3', { a: '1e3' }],
    ['{ "a": 1e3, b: 1e3 }', { a: '1e3', b: '1e3' }],
    ['{ "a": 1e3, "b": 1E-2, "c": "yes", "d": 10000000000000000000 }', { a: 1000, b: 0.01, c: 'yes', d: '10000000000000000000' }],
  ])('reads %j as %j', (text, value) => {
    expect(parsed(text)).toEqual(value);
  });

  test('an anchor may be used by all of a fleet', () => {
    const hosts = Array.from({ length: 5000 }, (_, index) => `h${index}: { <<: *common, own: *list }`);
    const value = parsed(`common: &common { a: &list [1, 2], b: *list, c: [*list, *list] }\n${hosts.join('\n')}\n`);
    expect(value).toMatchObject({
      h4999: {
        a: [1, 2],
        b: [1, 2],
        c: [
          [1, 2],
          [1, 2],
        ],
        own: [1, 2],
      },
    });
  });

  test('a mapping of 30 000 names takes no minutes', () => {
    const names = Array.from({ length: 30_000 }, (_, index) => `web${index}.example.com`);
    const { problems, root, value } = parseYamlSource('a.yaml', [...names, 'web7.example.com'].map((name) => `${name}: {}\n`).join(''));
    expect(problems.map(({ code, place }) => [code, place?.line])).toEqual([['key-duplicate', 30_001]]);
    expect(Object.keys(Object(value(root)))).toEqual(names);
  });

  test('aliases of aliases that no memory could hold are refused', () => {
    const levels = Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(10)}]`);
    const text = renderDiagnostics(parseYamlSource('a.yaml', `a0: &a0 [x]\n${levels.join('\n')}\n`).problems);
    expect(text).toContain('a.yaml:1:1  error yaml-syntax  with its aliases written out the file has more than 5000000 values');
  });

  test.each([
    [
      'a: [1, 2',
      'a.yaml:1:9  error yaml-syntax  not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a: 1\nb: 2\na: 3', 'a.yaml:3:1  error key-duplicate  the key "a" is already in this mapping'],
    ['a: &x { b: *x }', 'a.yaml:1:12  error yaml-syntax  *x stands inside the value it names'],
    ['a: *none', 'a.yaml:1:4  error yaml-syntax  *none has no anchor &none before it'],
    ['a: !vault |\n  3961', 'a.yaml:1:4  error unsupported  values encrypted with ansible-vault cannot be read yet'],
    ['a: 1\n---\nb: 2', 'a.yaml:2:1  error yaml-syntax  a second document starts here; a file holds one'],
    ['a: {{ x }}', 'a.yaml:1:4  error yaml-syntax  text that starts with "{{" must stand in quotes'],
    ['a:\n  - {{ x }}\n', 'a.yaml:2:5  error yaml-syntax  text that starts with "{{" must stand in quotes'],
    ['\uFEFFa: {{ x }}', 'a.yaml:1:5  error yaml-syntax  text that starts with "{{" must stand in quotes'],
    ['a: { [1, 2]: x }', 'a.yaml:1:6  error yaml-syntax  a list or mapping cannot be a name'],
    ['a: { <<: x }', 'a.yaml:1:10  error yaml-syntax  << merges mappings, and this is none'],
    ['a: { <<: [{ b: 1 }, x] }', 'a.yaml:1:21  error yaml-syntax  << merges mappings, and this is none'],
    ['a: { 1: x, "1": y }', 'a.yaml:1:12  error key-duplicate  the key "1" is already in this mapping'],
    ['a: !!omap [b: 1]', 'a.yaml:1:11  error yaml-syntax  values tagged !!omap cannot be used'],
  ])('reports %j at its place', (text, head) => {
    expect(renderDiagnostics(parseYamlSource('a.yaml', text).problems).split('\n')[0]).toBe(head);
  });

  test.each(['a: {{ x }}/y', 'a: @x', 'a: %x', 'a: b: c', '- {{ x }} y'])('says what %j needs', (text) => {
    const hint = 'hint: put text in quotes that starts with "{{" or another sign of YAML, or has ": " in it';
    expect(renderDiagnostics(parseYamlSource('a.yaml', text).problems)).toContain(hint);
  });

  test('gives all problems of a file', () => {
    expect(parseYamlSource('a.yaml', 'a: 1\na: 2\nb: 1\nb: 2\n').problems).toHaveLength(2);
  });
});

describe('secret names', () => {
  test.each(['ansible_become_password', 'db_pass', 'api_token', 'client_secret', 'password', 'dbPassword', 'API_TOKEN', 'x-token'])(
    '%s is one',
    (name) => {
      expect(isSecretName(name)).toBe(true);
    },
  );

  test.each(['bypass', 'compass', 'password_file', 'tokens', 'secretary'])('%s is none', (name) => {
    expect(isSecretName(name)).toBe(false);
  });

  test.each([
    ['  db_password: hunter2', '  db_password: [secret]'],
    ['pw: !secret hunter2', 'pw: !secret [secret]'],
    ['pw: !secret { env: PW }', 'pw: !secret { env: PW }'],
    ['pw: { a: !secret { age: a.age, key: b }, c: !secret hunter2 }', 'pw: { a: !secret { age: a.age, key: b }, c: !secret [secret]'],
    ['pw: !secret { text: hunter2 }', 'pw: !secret [secret]'],
    ['pw: !secret {hunter2}', 'pw: !secret [secret]'],
    ['pw: !secret { file: a, value: hunter2 }', 'pw: !secret [secret]'],
    ['db_password: !secret { text: hunter2 }', 'db_password: [secret]'],
    ['pw: !secret { command: "echo hunter2" }', 'pw: !secret [secret]'],
    ['pw: !secrt hunter2', 'pw: !secrt [secret]'],
    ['pw: !Secret hunter2', 'pw: !Secret [secret]'],
    ['pw: !unsafe text', 'pw: !unsafe text'],
    ['- { user: x, "api_token": abc, more: 1 }', '- { user: x, "api_token": [secret]'],
    ['  db_password:', '  db_password:'],
    ['  compass: north', '  compass: north'],
  ])('the line %j is shown as %j', (line, shown) => {
    expect(maskSecretLine(line)).toBe(shown);
  });
});
