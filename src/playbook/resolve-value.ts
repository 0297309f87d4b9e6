import { didYouMean } from '../errors/nearest.ts';
import { formatPlace } from '../errors/render.ts';
import type { DiagnosticCode } from '../model/diagnostic.ts';
import { type Host, isMapping, type VarOrigins, type Vars, type VarValue } from '../model/host.ts';
import { isVaulted, readUnsafe } from '../model/kept-value.ts';
import { FetchedSecret, Secret, type SecretSpot } from '../model/secret.ts';
import { formatPath } from './format-path.ts';
import { type Expression, hasTemplate, type PathSegment, parseTemplate, type TemplatePart } from './template.ts';

/** A problem inside parameters, placed by the path of the parameter. */
export interface ValueProblem {
  readonly path: readonly PropertyKey[];
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string | null;
  /** Where it is to be put right, if not at the parameter. */
  readonly spot?: Pick<SecretSpot, 'place' | 'line'>;
}

/** A secret on its way into a parameter. */
export interface SecretUse {
  readonly path: readonly PropertyKey[];
  /** Its source was not asked yet: nobody knows what the parameter comes to. */
  readonly isOpen: boolean;
}

/** What resolving needs: the names that `{{ }}` may use, and where problems go. */
export interface Scope {
  readonly vars: Vars;
  /** Where the host's vars are defined, for messages about what stands in them. */
  readonly origins?: VarOrigins | undefined;
  report(problem: ValueProblem): void;
  /** Is told of every secret that a value takes. */
  readonly takeSecret?: (use: SecretUse) => void;
  /** A value that is exactly one secret stays one; as a part of a text it is a problem. Default: secrets become their text. */
  readonly keepsSecrets?: boolean;
}

interface Spot {
  readonly path: readonly PropertyKey[];
  /** Expressions being resolved, to notice one that leads to itself. */
  readonly active: readonly string[];
}

const LOGIC_HINT = 'logic belongs in roles; {{ }} takes a path such as net.vips[0].address';

/** The names that `{{ }}` may use on a host: `inventory_hostname`, the same up to its first dot, and `group_names`, then the host's vars, then the play's. */
export function scopeVars(host: Pick<Host, 'name' | 'groups' | 'vars'>, playVars: Vars): Vars {
  const inventory_hostname_short = host.name.split('.', 1)[0] ?? host.name;
  return { ...playVars, ...host.vars, inventory_hostname: host.name, inventory_hostname_short, group_names: host.groups };
}

/** The scope of a host in a play. */
export function hostScope(host: Host, playVars: Vars, report: Scope['report'], takeSecret: Scope['takeSecret'] = () => {}): Scope {
  return { vars: scopeVars(host, playVars), origins: host.origins, report, takeSecret };
}

/** Replaces every `{{ }}` in a value, at any depth; a string that is exactly one takes the typed value. Problems leave the text as it is. */
export function resolveValue(value: VarValue, scope: Scope, spot: Spot = { path: [], active: [] }): VarValue {
  if (hasTemplate(value)) return resolveText(value, scope, spot);
  if (isKept(value)) return openKept(value, scope, spot);
  if (value instanceof Secret) return openSecret(value, scope, spot);
  if (Array.isArray(value)) return value.map((item, index) => resolveValue(item, scope, { ...spot, path: [...spot.path, index] }));
  if (!isMapping(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [key, resolveValue(item, scope, { ...spot, path: [...spot.path, key] })]));
}

/** A var of a host with the `{{ }}` in it replaced; undefined where there is none, or it cannot be resolved. */
export function resolveVar(name: string, host: Host, playVars: Vars): VarValue | undefined {
  const vars = scopeVars(host, playVars);
  const raw = Object.hasOwn(vars, name) ? vars[name] : undefined;
  let isBroken = raw === undefined;
  const value = resolveValue(raw ?? null, { vars, report: () => (isBroken = true) });
  return isBroken ? undefined : value;
}

function resolveText(text: string, scope: Scope, spot: Spot): VarValue {
  const parsed = parseTemplate(text);
  if ('broken' in parsed) {
    scope.report({ path: spot.path, code: 'template-syntax', message: `${parsed.broken}${inVar(scope, spot)}`, hint: LOGIC_HINT });
    return text;
  }
  const [only, ...more] = parsed.parts;
  if (only?.kind === 'path' && more.length === 0) return lookUp(only, scope, spot) ?? null;
  return parsed.parts.map((part) => interpolate(part, scope, spot)).join('');
}

function interpolate(part: TemplatePart, scope: Scope, spot: Spot): string {
  if (part.kind !== 'path') return part.text;
  const value = lookUp(part, scope, spot);
  if (value === undefined) return '';
  if (value instanceof Secret) return partOfText(part.text, scope, spot);
  if (typeof value !== 'object') return String(value);
  const found = value === null ? 'empty' : Array.isArray(value) ? 'a list' : 'a mapping';
  const message = `"{{ ${part.text} }}" is ${found}; inside longer text only text, numbers and true or false can stand`;
  scope.report({ path: spot.path, code: 'parameter-invalid', message, hint: null });
  return '';
}

function lookUp({ text, path }: Extract<Expression, { kind: 'path' }>, scope: Scope, spot: Spot): VarValue | undefined {
  if (spot.active.includes(text)) {
    const message = `"{{ ${text} }}" leads to itself: ${[...spot.active, text].join(' → ')}`;
    scope.report({ path: spot.path, code: 'template-syntax', message, hint: null });
    return undefined;
  }
  const inner = { path: spot.path, active: [...spot.active, text] };
  let value: VarValue = scope.vars;
  for (const [depth, segment] of path.entries()) {
    const next = field(value, segment);
    if (next === undefined) {
      reportUnknown({ segment, parent: path.slice(0, depth), value }, scope, spot);
      return undefined;
    }
    // Only what the path leads to is resolved, and text on the way; the rest may refer back to this very expression.
    if (isVaulted(next)) {
      openKept(next, scope, inner);
      return undefined;
    }
    value = hasTemplate(next) || isKept(next) || next instanceof Secret ? resolveValue(next, scope, inner) : next;
  }
  return resolvedInside(value, scope, inner);
}

/** Vars may hold templates of their own, at any depth; their problems are those of the parameter that uses them. */
function resolvedInside(value: VarValue, scope: Scope, spot: Spot): VarValue {
  if (Array.isArray(value)) return value.map((item) => resolveAt(item, scope, spot));
  return isMapping(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveAt(item, scope, spot)])) : value;
}

function resolveAt(value: VarValue, scope: Scope, spot: Spot): VarValue {
  if (value instanceof Secret) return openSecret(value, scope, spot);
  if (isKept(value)) return openKept(value, scope, spot);
  return hasTemplate(value) ? resolveText(value, scope, spot) : resolvedInside(value, scope, spot);
}

/** True for values that are more than they look like: text marked `!unsafe`, and what ansible-vault encrypted. */
function isKept(value: VarValue): boolean {
  return isMapping(value) && (isVaulted(value) || readUnsafe(value) !== null);
}

function openKept(value: VarValue, scope: Scope, spot: Spot): VarValue {
  const text = readUnsafe(value);
  if (text !== null) return text;
  const message = `a value encrypted by ansible-vault cannot be used${inVar(scope, spot)}`;
  scope.report({ path: spot.path, code: 'unsupported', message, hint: 'drover does not read vaults; give the value unencrypted' });
  return null;
}

/** Shorter ones could not be kept out of sight: they are parts of too many other words. */
const SHORTEST_SECRET = 4;

function openSecret(secret: Secret, scope: Scope, spot: Spot): VarValue {
  if (scope.keepsSecrets === true) return secret;
  const state = secret.state();
  scope.takeSecret?.({ path: spot.path, isOpen: state === 'not fetched' });
  if (state === 'not fetched') return '';
  const trouble = 'missing' in state ? `cannot be had: ${state.missing}` : state.text.length < SHORTEST_SECRET ? TOO_SHORT : null;
  if (trouble === null && 'text' in state) return state.text;
  const { what, ...own } = secret instanceof FetchedSecret ? secret.spot : { what: 'the secret' };
  scope.report({ path: spot.path, code: 'secret', message: `${what} ${trouble}`, hint: null, ...('place' in own ? { spot: own } : {}) });
  return '';
}

const TOO_SHORT = `has fewer than ${SHORTEST_SECRET} characters, too few to be kept out of sight`;

function partOfText(expression: string, scope: Scope, spot: Spot): string {
  const message = `"{{ ${expression} }}" is a secret, which cannot stand inside longer text here`;
  scope.report({ path: spot.path, code: 'secret', message, hint: null });
  return '';
}

/** Says which var holds what is wrong, and where that is defined; empty for what stands in the parameter itself. */
function inVar({ origins }: Scope, { active }: Spot): string {
  const expression = active.at(-1);
  if (expression === undefined) return '';
  const name = /^[A-Za-z0-9_]*/.exec(expression)?.[0] ?? '';
  const place = origins?.placeOf(name) ?? null;
  return `, in "${expression}"${place === null ? '' : ` (${formatPlace(place)})`}`;
}

function field(value: VarValue, segment: PathSegment): VarValue | undefined {
  if (Array.isArray(value)) return /^[0-9]+$/.test(String(segment)) ? value[Number(segment)] : undefined;
  return isMapping(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
}

interface Unknown {
  readonly segment: PathSegment;
  readonly parent: readonly PathSegment[];
  readonly value: VarValue;
}

function reportUnknown({ segment, parent, value }: Unknown, scope: Scope, { path }: Spot): void {
  const [encrypted] = scope.origins?.encryptedFiles ?? [];
  const names = isMapping(value) ? Object.keys(value) : [];
  const owner = formatPath(parent);
  const count = Array.isArray(value) ? `${value.length} ${value.length === 1 ? 'item' : 'items'}` : null;
  const what = count === null ? `"${owner}" has no field "${segment}"` : `"${owner}" has ${count}, none with number ${segment}`;
  const message = parent.length === 0 ? `there is no variable "${segment}"` : what;
  const hidden = parent.length > 0 || encrypted === undefined ? null : `it may be in ${encrypted}, which ansible-vault encrypted`;
  scope.report({ path, code: 'var-unknown', message, hint: didYouMean(String(segment), names) ?? hidden });
}
