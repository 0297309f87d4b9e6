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
    expect(parsed('on: lb\nNo: off\n')).toEqual({ on: 'lb', No: false });
    const source = parseYamlSource('a.yaml', 'on: lb');
    expect(isMap(source.root) && source.entries(source.root).map(({ key }) => key)).toEqual(['on']);
  });

  test('merges << behind the mapping it stands in', () => {
    const source = parseYamlSource('a.yaml', 'base: &base { a: 1, b: 2 }\nuse:\n  <<: *base\n  b: 3\n');
    expect(source.value(source.root)).toEqual({ base: { a: 1, b: 2 }, use: { a: 1, b: 3 } });
    const use = isMap(source.root) ? source.resolve(source.entries(source.root)[1]?.valueNode ?? null) : null;
    expect(isMap(use) && source.entries(use).map(({ key }) => key)).toEqual(['b', 'a']);
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
    [
      'a: 1\n---\nb: 2',
      'a.yaml:2:1  error yaml-syntax  not valid YAML: source contains multiple documents; please use YAML.parseAllDocuments()',
    ],
  ])('reports %j at its place', (text, head) => {
    expect(renderDiagnostics(parseYamlSource('a.yaml', text).problems).split('\n')[0]).toBe(head);
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
    ['- { user: x, "api_token": abc, more: 1 }', '- { user: x, "api_token": [secret]'],
    ['  db_password:', '  db_password:'],
    ['  compass: north', '  compass: north'],
  ])('the line %j is shown as %j', (line, shown) => {
    expect(maskSecretLine(line)).toBe(shown);
  });
});
