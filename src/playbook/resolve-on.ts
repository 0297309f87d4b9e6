import { diagnose } from '../errors/diagnose.ts';
import type { Checked } from '../model/diagnostic.ts';
import type { Host, Vars, VarValue } from '../model/host.ts';
import type { AroundUse } from '../model/play.ts';
import { describe } from './explain-issue.ts';
import { hostScope, resolveValue, type ValueProblem } from './resolve-value.ts';
import { hasTemplate } from './template.ts';

/** True where `on` is the same for every host that is worked on. */
export function isFixed({ on }: AroundUse): boolean {
  return !hasTemplate(on);
}

/** The host pattern under `on`, its `{{ }}` replaced by the values of the host that is worked on. null: that host itself, or a problem. */
export function resolveOn(use: AroundUse, host: Host, playVars: Vars): Checked<string | null> {
  if (use.on === null || isFixed(use)) return { value: use.on, problems: [] };
  const found: Pick<ValueProblem, 'code' | 'message' | 'hint'>[] = [];
  let isOpen = false;
  const value = resolveValue(
    use.on,
    hostScope(
      host,
      playVars,
      (problem) => found.push(problem),
      (secret) => (isOpen ||= secret.isOpen),
    ),
  );
  if (isOpen) return { value: null, problems: [] };
  const pattern = patternOf(value);
  if (found.length === 0 && pattern === null) {
    const message = `"on" must come to a host pattern or a list of them, found ${value === '' ? 'empty text' : describe(value)}`;
    found.push({ code: 'playbook-shape', message, hint: null });
  }
  const where = { place: use.onPlace, source: use.onSource };
  const problems = found.map(({ code, message, hint }) => diagnose(code, `role "${use.use.role.name}": ${message}`, { ...where, hint }));
  return { value: problems.length === 0 ? pattern : null, problems };
}

function patternOf(value: VarValue): string | null {
  const texts: readonly VarValue[] = Array.isArray(value) ? value : [value];
  return texts.length > 0 && texts.every((text) => typeof text === 'string' && text !== '') ? texts.join(',') : null;
}
