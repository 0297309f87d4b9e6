import { isSecretName } from './errors/secret-names.ts';
import { definitionsOf, type Inventory } from './inventory/inventory.ts';
import type { ParamOrigin, VarOrigin } from './model/explanation.ts';
import { type Host, isMapping, type VarValue } from './model/host.ts';
import type { Play, RoleUse } from './model/play.ts';
import { Secret } from './model/secret.ts';
import { resolveParams } from './playbook/resolve-params.ts';
import { hasTemplate, parseTemplate } from './playbook/template.ts';

interface Surroundings {
  readonly host: Host;
  readonly inventory: Inventory;
}

/** The parameters of a role use on a host, each with the places that it comes from. */
export function explainParams(use: RoleUse, play: Play, surroundings: Surroundings): readonly ParamOrigin[] {
  const { value: resolved, secrets } = resolveParams(use, surroundings.host, play.vars);
  const raw: { readonly [name: string]: VarValue } = isMapping(use.params) ? use.params : {};
  const values =
    typeof resolved === 'object' && resolved !== null ? new Map<string, unknown>(Object.entries(resolved)) : new Map<string, unknown>();
  return [...new Set([...Object.keys(raw), ...values.keys()])].map((name): ParamOrigin => {
    const written = raw[name];
    return {
      name,
      value: values.get(name),
      isSecret: isSecretName(name) || values.get(name) instanceof Secret || secrets.some(([first]) => first === name),
      written: written !== undefined && namesIn(written).length > 0 ? JSON.stringify(written) : null,
      place: written === undefined ? null : use.place([name]),
      isDefault: written === undefined,
      vars: namesIn(written ?? null).map((each) => originOf(each, play, surroundings)),
    };
  });
}

function originOf(name: string, play: Play, { host, inventory }: Surroundings): VarOrigin {
  const definitions = [...definitionsOf(inventory, host.name, name)].reverse().map(({ definedBy, place, value }) => ({
    owner: `${definedBy.kind} ${definedBy.name}`,
    place,
    value,
    isSecret: isSecretName(name) || value instanceof Secret,
  }));
  if (definitions.length > 0) return { name, definitions, from: 'inventory' };
  return { name, definitions: [], from: Object.hasOwn(play.vars, name) ? 'play' : 'drover' };
}

/** Names of the vars that a value takes by `{{ }}`, at any depth, each once. */
function namesIn(value: VarValue): readonly string[] {
  if (hasTemplate(value)) {
    const parsed = parseTemplate(value);
    const parts = 'broken' in parsed ? [] : parsed.parts;
    return [...new Set(parts.flatMap((part) => (part.kind === 'path' ? [String(part.path[0])] : [])))];
  }
  if (Array.isArray(value)) return [...new Set(value.flatMap((item: VarValue) => namesIn(item)))];
  return isMapping(value) ? [...new Set(Object.values(value).flatMap(namesIn))] : [];
}
