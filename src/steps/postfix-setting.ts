import type { PostfixFact } from '../model/postfix-fact.ts';
import type { Step, StepOptions, StepPlan } from '../model/step.ts';
import { entriesOf, excluding, including } from './postfix-list.ts';
import { refuse } from './regular-file.ts';
import { makeStep, StepArgumentError } from './step.ts';

/** Desired state of a parameter of Postfix. Give exactly one of value, includes and excludes. */
export interface PostfixSettingOptions extends StepOptions {
  /** Name of a parameter of postconf(5): `smtpd_milters`. */
  readonly parameter: string;
  /** The whole value, as main.cf would have it in one line; `''` is an empty one. */
  readonly value?: string | number | undefined;
  /**
   * An entry that the list has, such as `unix:spamass/spamass.sock`; all others stay, in their order. An entry in braces that begins with the same
   * word is replaced by this one.
   */
  readonly includes?: string | undefined;
  /** An entry that the list has not, neither plain nor in braces. */
  readonly excludes?: string | undefined;
}

/**
 * A parameter in Postfix's main.cf, by `postconf -e`. Lists begin with Postfix's default where main.cf does not set them. Processes of Postfix
 * that run already take it up when Postfix is reloaded (`notify`). Throws StepArgumentError for wrong arguments.
 */
export function postfixSetting(options: PostfixSettingOptions): Step {
  const { parameter } = options;
  if (typeof parameter !== 'string' || !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(parameter)) {
    throw new StepArgumentError(`postfixSetting: ${JSON.stringify(parameter)} is not the name of a parameter (postconf(5))`);
  }
  const wish = wishOf(options);
  return makeStep(
    {
      kind: 'postfixSetting',
      subject: wish.kind === 'value' ? parameter : `${parameter} ${wish.kind} ${wish.text}`,
      reads: [{ kind: 'postfix', key: parameter }],
      wants: [{ field: wish.kind === 'value' ? parameter : `${parameter} ${wish.kind}`, after: wish.text }],
      plan: (facts) => planSetting(parameter, wish, facts.get('postfix', parameter)),
    },
    options,
  );
}

interface Wish {
  readonly kind: 'value' | 'includes' | 'excludes';
  readonly text: string;
}

function wishOf({ parameter, value, includes, excludes }: PostfixSettingOptions): Wish {
  const wishes = Object.entries({ value, includes, excludes }).filter(([, given]) => given !== undefined);
  if (wishes.length !== 1) throw new StepArgumentError(`postfixSetting: give one of value, includes and excludes of ${parameter}`);
  if (value !== undefined) return { kind: 'value', text: foldSpace(checkLine(parameter, String(value))) };
  if (includes !== undefined) return { kind: 'includes', text: checkEntry(parameter, includes) };
  return { kind: 'excludes', text: checkEntry(parameter, excludes) };
}

function checkLine(parameter: string, text: unknown): string {
  if (typeof text === 'string' && !/[\n\r\0]/.test(text)) return text;
  throw new StepArgumentError(`postfixSetting: ${JSON.stringify(text)} for ${parameter} must be one line`);
}

function checkEntry(parameter: string, text: unknown): string {
  const entry = checkLine(parameter, text);
  const isOne = entriesOf(entry).length === 1 && entry === entry.trim() && !/^,|,$/.test(entry) && balanced(entry);
  if (isOne) return foldSpace(entry);
  throw new StepArgumentError(
    `postfixSetting: ${JSON.stringify(entry)} is not one entry of ${parameter}: commas and spaces part entries, but in braces`,
  );
}

function balanced(text: string): boolean {
  let depth = 0;
  for (const letter of text) {
    if (letter === '{') depth += 1;
    if (letter === '}') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** As postconf prints values. */
function foldSpace(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function planSetting(parameter: string, wish: Wish, now: PostfixFact): StepPlan {
  if (!now.exists) return refuse('the host has no Postfix (no postconf)');
  if (now.value === null && now.default === null) return refuse(`Postfix has no parameter ${parameter}`);
  const inEffect = now.value ?? now.default ?? '';
  const after = foldSpace(afterOf(wish, inEffect));
  const isSame = after === foldSpace(inEffect);
  // A list may rest on the default; a value is stated, so that another default of a later version does not change it.
  if (isSame && (wish.kind !== 'value' || now.value !== null)) return { result: 'ok' };
  return {
    result: 'change',
    changes: [{ field: parameter, before: now.value, after }],
    predicted: [{ kind: 'postfix', key: parameter, value: { ...now, value: after } }],
    actions: [{ kind: 'setPostfix', parameter, value: after }],
  };
}

function afterOf({ kind, text }: Wish, list: string): string {
  switch (kind) {
    case 'value':
      return text;
    case 'includes':
      return including(list, text);
    case 'excludes':
      return excluding(list, text);
  }
}
