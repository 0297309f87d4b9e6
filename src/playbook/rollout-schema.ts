import type { JsonSchema } from './json-schema.ts';

const PERCENT: JsonSchema = { type: 'string', pattern: '^(100|[0-9]{1,2}(\\.[0-9]+)?) *%$' };
const SIZES: readonly JsonSchema[] = [{ type: 'integer', minimum: 1 }, PERCENT];
const FAILURES: readonly JsonSchema[] = [{ type: 'integer', minimum: 0 }, PERCENT];
const TEXT: JsonSchema = { type: 'string', minLength: 1 };

const SPREAD: JsonSchema = {
  type: 'object',
  required: ['by'],
  additionalProperties: false,
  properties: {
    by: { ...TEXT, description: 'Var that holds the failure domain, such as zone' },
    max: { type: 'integer', minimum: 1, default: 1, description: 'Hosts with the same value that may be out at once' },
  },
};

/** Where a role around a host's turn is carried out. */
export const ON: JsonSchema = {
  description: 'Host pattern: where it is carried out; may hold {{ }}. Default: the host that is worked on',
  oneOf: [TEXT, { type: 'array', items: TEXT, minItems: 1 }],
};

/** How often a role under `once` is carried out. */
export const PER: JsonSchema = {
  description: 'Once for the run or for each batch. Default: batch',
  enum: ['run', 'batch'],
  default: 'batch',
};

/** The keys of a play that make it a rollout. */
export const ROLLOUT_PROPERTIES: JsonSchema = {
  serial: {
    description: 'Sizes of the batches; the last of a list repeats. Default: all hosts at once',
    oneOf: [...SIZES, { type: 'array', items: { oneOf: SIZES }, minItems: 1 }],
  },
  order: {
    description: 'In which order hosts are put into batches. Default: inventory',
    oneOf: [
      { enum: ['inventory', 'reverse'] },
      { type: 'object', required: ['shuffle'], additionalProperties: false, properties: { shuffle: { type: ['string', 'number'] } } },
    ],
  },
  spread: {
    description: 'Failure domains: of the hosts with the same value of a var, never more than max are out at once',
    oneOf: [SPREAD, { type: 'array', items: SPREAD }],
  },
  maxFailures: {
    description: 'More failed and unreachable hosts than this halt the rollout. Default: 0 in total',
    oneOf: [
      ...FAILURES,
      {
        type: 'object',
        minProperties: 1,
        additionalProperties: false,
        properties: { batch: { oneOf: FAILURES }, total: { oneOf: FAILURES } },
      },
    ],
  },
  onFailure: {
    description: 'Whether after is carried out where the roles failed',
    enum: ['putBack', 'leaveOut'],
    default: 'putBack',
  },
  once: { description: 'Roles carried out once, before the hosts of the run or of a batch', ...list('once') },
  before: { description: 'Roles carried out in order before the roles of each host', ...list('around') },
  after: { description: 'Roles carried out in order after the roles of each host, whatever became of them', ...list('around') },
  gate: { description: 'Roles that must hold behind each batch, for each of its hosts', ...list('around') },
  soak: {
    description: 'Time between a batch and its gate: seconds, or 500ms, 30s, 5m, 1h. Default: 0',
    oneOf: [
      { type: 'number', minimum: 0 },
      { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)? *(ms|s|m|h)$' },
    ],
  },
  onGateFailure: { description: 'What becomes of a batch whose gate does not open', enum: ['halt', 'undo'], default: 'halt' },
};

function list(use: 'around' | 'once'): JsonSchema {
  return { type: 'array', items: { $ref: `#/$defs/${use}` } };
}
