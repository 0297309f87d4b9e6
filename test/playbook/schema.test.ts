import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { defineRole, isRole } from '../../src/playbook/define.ts';
import { describeRole } from '../../src/playbook/describe-role.ts';
import { PLAY_KEYS } from '../../src/playbook/play-keys.ts';
import { playbookSchema } from '../../src/playbook/schema.ts';

const vips = defineRole({
  name: 'vips',
  description: 'Puts service addresses on an interface',
  platforms: 'any',
  params: z.object({
    interface: z.string().default('lo').describe('Where the addresses go'),
    mode: z.enum(['active', 'passive']).optional(),
    vips: z
      .array(z.object({ address: z.ipv4().describe('Without prefix'), port: z.int().optional() }))
      .describe('What this host answers for'),
    limits: z.object({ rate: z.number() }).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    either: z.union([z.string(), z.number()]).optional(),
    names: z.array(z.string()).optional(),
    flag: z.boolean().default(false),
  }),
  steps: ({ params }) => {
    expectTypeOf(params.interface).toEqualTypeOf<string>();
    expectTypeOf(params.mode).toEqualTypeOf<'active' | 'passive' | undefined>();
    return { steps: [] };
  },
});

describe('describeRole', () => {
  test('gives a row for each parameter, nested ones below their parent', () => {
    expect(describeRole(vips).map((row) => [row.name, row.type, row.default, row.required, row.meaning])).toEqual([
      ['interface', 'text', '"lo"', false, 'Where the addresses go'],
      ['mode', '"active" or "passive"', null, false, ''],
      ['vips', 'list of mapping', null, true, 'What this host answers for'],
      ['vips[].address', 'text', null, true, 'Without prefix'],
      ['vips[].port', 'whole number', null, false, ''],
      ['limits', 'mapping', null, false, ''],
      ['limits.rate', 'number', null, true, ''],
      ['labels', 'mapping', null, false, ''],
      ['either', 'text or number', null, false, ''],
      ['names', 'list of text', null, false, ''],
      ['flag', 'true or false', 'false', false, ''],
    ]);
  });

  test('ends at schemas that contain themselves', () => {
    const node: z.ZodType = z.lazy(() => z.object({ name: z.string(), children: z.array(node).optional() }));
    const tree = defineRole({
      name: 'tree',
      description: 'd',
      platforms: 'any',
      params: z.object({ root: node }),
      steps: () => ({ steps: [] }),
    });
    expect(describeRole(tree).map(({ name }) => name)).toContain('root.name');
  });
});

describe('playbookSchema', () => {
  const schema = playbookSchema([vips]);
  const validator = z.fromJSONSchema(JSON.parse(JSON.stringify({ ...schema, $defs: undefined, items: true })));

  test('is a list of plays in draft 2020-12', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(validator.safeParse({}).success).toBe(false);
  });

  test('knows each role with its parameters, templates allowed where no text stands', () => {
    const text = JSON.stringify(schema);
    expect(text).toContain('"const":"vips"');
    const defs: Readonly<Record<string, unknown>> = JSON.parse(text).$defs;
    expect(Object.keys(defs)).toEqual(['play', 'role', 'around', 'once', 'params-vips']);
    expect(defs.play).toMatchObject({ properties: Object.fromEntries(PLAY_KEYS.map((key) => [key, {}])) });
    expect(defs.once).toMatchObject({
      anyOf: [
        {},
        {
          properties: {
            role: {},
            params: {},
            tags: {},
            become: {},
            become_user: {},
            become_method: { enum: ['sudo', 'doas', 'su'] },
            on: {},
            per: { enum: ['run', 'batch'] },
          },
        },
      ],
    });
    expect(defs['params-vips']).toMatchObject({
      $id: 'drover:role/vips',
      additionalProperties: false,
      required: ['vips'],
      properties: {
        interface: { default: 'lo', description: 'Where the addresses go', anyOf: [{ type: 'string' }, { type: 'object' }] },
        flag: { default: false, anyOf: [{ type: 'boolean' }, { type: 'string', pattern: '\\{\\{.*\\}\\}' }] },
        vips: { description: 'What this host answers for', anyOf: [{ type: 'array' }, { type: 'string' }] },
      },
    });
  });
});

describe('defineRole', () => {
  test('marks the role', () => {
    expect(isRole(vips)).toBe(true);
    expect(isRole({ ...vips, drover: 'other' })).toBe(false);
    expect(isRole(null)).toBe(false);
    expect(isRole({ ...vips, params: {} })).toBe(false);
  });

  test('refuses names that make no step id', () => {
    expect(() => defineRole({ ...vips, name: 'my role' })).toThrow(
      'a role\'s name is lower-case letters, digits, "-" and "_", found "my role"',
    );
  });
});
