import { BECOME_METHODS } from '../model/host.ts';
import type { Role } from '../model/role.ts';
import { isSchema, type JsonSchema, paramsSchema, subschema } from './json-schema.ts';
import { ON, PER, ROLLOUT_PROPERTIES } from './rollout-schema.ts';

const TEXT: JsonSchema = { type: 'string', minLength: 1 };
const TAGS: JsonSchema = {
  description: 'Tags, as a list or as text with commas',
  oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
};
/** What may stand behind the tag `!secret` besides text; to a schema a tagged value is what it would be without the tag. */
const SECRET: JsonSchema = {
  description: '!secret: where it comes from',
  type: 'object',
  additionalProperties: false,
  oneOf: ['env', 'file', 'command', 'age'].map((source) => ({ required: [source] })),
  properties: { env: TEXT, file: TEXT, command: TEXT, age: TEXT, key: TEXT, identity: TEXT },
};
const TEMPLATE: JsonSchema = { type: 'string', pattern: '\\{\\{.*\\}\\}' };

/**
 * The JSON Schema (draft 2020-12) of YAML playbooks, for editors. Knows the given roles with their parameters;
 * wherever a parameter is not text, a `{{ }}` is allowed as well.
 */
export function playbookSchema(roles: readonly Role[]): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'drover playbook',
    type: 'array',
    minItems: 1,
    items: { $ref: '#/$defs/play' },
    $defs: {
      play: PLAY,
      role: roleUse(roles, {}),
      around: roleUse(roles, { on: ON }),
      once: roleUse(roles, { on: ON, per: PER }),
      ...Object.fromEntries(roles.map((role) => [paramsKey(role), parameters(role)])),
    },
  };
}

const PLAY: JsonSchema = {
  type: 'object',
  required: ['hosts'],
  additionalProperties: false,
  properties: {
    name: { ...TEXT, description: 'Shown in the report. Default: the host pattern' },
    hosts: { description: 'Host pattern, such as web:&prod:!web3', oneOf: [TEXT, { type: 'array', items: TEXT, minItems: 1 }] },
    roles: { description: 'Roles in order', type: 'array', items: { $ref: '#/$defs/role' } },
    vars: { description: "Defaults for the play's hosts; the inventory's vars win over them", type: 'object' },
    ...becomeProperties('true for root by sudo, or whom to become', { user: 'root', method: 'sudo' }),
    allow: {
      description: 'What the roles may do beyond changing the host',
      oneOf: [{ type: 'string' }, { type: 'array', items: { enum: ['reboot', 'disconnect'] } }],
    },
    tags: TAGS,
    ...ROLLOUT_PROPERTIES,
  },
};

/** The keys that say whom steps become, with what they are by default. */
function becomeProperties(description: string, fallback: { readonly user: string; readonly method: string }): JsonSchema {
  const method: JsonSchema = { enum: BECOME_METHODS };
  return {
    become: {
      description,
      oneOf: [{ type: 'boolean' }, { type: 'object', properties: { user: TEXT, method }, additionalProperties: false }],
    },
    become_user: { ...TEXT, description: `Whom to become. Default: ${fallback.user}` },
    become_method: { ...method, description: `How to become that user. Default: ${fallback.method}` },
  };
}

function roleUse(roles: readonly Role[], more: JsonSchema): JsonSchema {
  const name: JsonSchema = { oneOf: roles.map((role) => ({ const: role.name, description: role.description })) };
  const named = roles.length === 0 ? TEXT : name;
  const withParams = roles.map((role) => ({
    if: { required: ['role'], properties: { role: { const: role.name } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      ...(needsParams(role) ? { required: ['role', 'params'] } : {}),
      properties: { params: { $ref: `#/$defs/${paramsKey(role)}` } },
    },
  }));
  const use: JsonSchema = {
    type: 'object',
    required: ['role'],
    additionalProperties: false,
    properties: {
      role: named,
      params: { description: "The role's parameters", type: 'object' },
      tags: TAGS,
      ...becomeProperties('Whether its steps become another user, or whom. Default: as the play', {
        user: "the play's",
        method: "the play's",
      }),
      ...more,
    },
    ...(withParams.length === 0 ? {} : { allOf: withParams }),
  };
  return { anyOf: [{ type: 'string', ...named }, use] };
}

function needsParams(role: Role): boolean {
  const required = paramsSchema(role).required;
  return Array.isArray(required) && required.length > 0;
}

function paramsKey(role: Role): string {
  return `params-${role.name}`;
}

/** The parameters as a schema with an address of its own, so that its inner `#/$defs` stay right. */
function parameters(role: Role): JsonSchema {
  const { $schema: _, ...schema } = paramsSchema(role);
  return { ...allowTemplates(closed(schema)), $id: `drover:role/${role.name}` };
}

function allowTemplates(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (keyword === 'properties' || keyword === '$defs')
        return [keyword, isSchema(value) ? mapValues(value, keyword === '$defs') : value];
      const isInner = (keyword === 'items' || keyword === 'additionalProperties') && isSchema(value);
      return [keyword, isInner ? orTemplate(value) : value];
    }),
  );
}

function mapValues(schemas: JsonSchema, isDefinition: boolean): JsonSchema {
  const change = isDefinition ? (schema: JsonSchema): JsonSchema => allowTemplates(closed(schema)) : orTemplate;
  return Object.fromEntries(Object.entries(schemas).map(([key, value]) => [key, isSchema(value) ? change(value) : value]));
}

/** Keeps what describes the parameter outside, where editors look for it. */
function orTemplate(schema: JsonSchema): JsonSchema {
  const inner = allowTemplates(closed(schema));
  const isText = inner.type === 'string' && !('enum' in inner) && !('pattern' in inner) && !('format' in inner);
  if (Object.keys(inner).length === 0) return inner;
  const { description, default: fallback, ...rest } = inner;
  const about = { ...(description === undefined ? {} : { description }), ...('default' in inner ? { default: fallback } : {}) };
  return { ...about, anyOf: [rest, ...(isText ? [] : [TEMPLATE]), ...(takesText(inner) ? [SECRET] : [])] };
}

function takesText({ type }: JsonSchema): boolean {
  return type === 'string' || (Array.isArray(type) && type.includes('string'));
}

/** drover refuses unknown parameters also where the role's schema does not say so. */
function closed(schema: JsonSchema): JsonSchema {
  return subschema(schema, 'properties') === null || 'additionalProperties' in schema ? schema : { ...schema, additionalProperties: false };
}
