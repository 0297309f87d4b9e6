import { formatPlace } from '../errors/render.ts';
import { type FieldValue, isContent } from '../model/content.ts';
import type { ExplainedStep, ParamOrigin, ReadFact, VarOrigin } from '../model/explanation.ts';
import { ANY } from '../model/fact.ts';
import type { StepRecord } from '../model/run.ts';
import { changeLines } from './change-lines.ts';
import { createDiffer, type DiffLimits } from './diff.ts';
import { formatValue } from './field-value.ts';
import { reportStep } from './json.ts';
import { wrap } from './layout.ts';
import { stepState } from './step-state.ts';
import { type ColourLevel, createStyle } from './style.ts';
import type { View } from './view.ts';
import { visible } from './visible.ts';

/** How explanations are written. */
export interface ExplainTextOptions {
  readonly colours: ColourLevel;
  readonly width: number;
}

const LIMITS: DiffLimits = { maxLines: 120, maxColumns: 400 };

const WORDS = {
  ok: 'is as wanted',
  changed: 'would change',
  idle: 'would not run',
  skipped: 'would be skipped',
  failed: 'is refused',
  'in-doubt': 'is in doubt',
  'not-started': 'would not be started',
} as const;

/** Why a step would change or not: what is wanted and where that comes from, what is there, what follows, and who notifies whom. */
export function renderExplanation(step: ExplainedStep, { colours, width }: ExplainTextOptions): string {
  const style = createStyle(colours);
  const view: View = {
    style,
    width: Math.max(80, width),
    planned: true,
    verbose: true,
    limits: LIMITS,
  };
  const { host, item, record } = step;
  const become = item.become === null ? 'as the login user' : `by ${item.become.method} as ${item.become.user}`;
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    [
      "the role's parameters",
      step.uses.flatMap((params, index) => [...(index === 0 ? [] : ['  or']), ...params.flatMap((param) => paramLines(param, view))]),
    ],
    ['wanted', item.step.wants.map(({ field, after }) => `  ${visible(field)}: ${formatValue(after)}`)],
    ['found on the host', step.facts.flatMap(factLines)],
    ['so', conclusion(record, view)],
    ['notified by', step.notifiers.map((each) => stepLine(each))],
    ['notifies', step.notifies.map((each) => stepLine(each))],
  ];
  return [
    style.heading(visible(`${host}: ${item.id} ${WORDS[stepState(record)]}`)),
    `  role ${visible(item.role)} of play "${visible(item.playName)}", ${become}`,
    ...sections
      .filter(([, lines]) => lines.length > 0)
      .flatMap(([title, lines]) => ['', style.quiet(title), ...lines.flatMap((line) => wrap(line, { width: view.width, hang: '    ' }))]),
    '',
  ].join('\n');
}

function conclusion(record: StepRecord, view: View): readonly string[] {
  const state = stepState(record);
  const reason = record.reason === null ? [] : [`  ${visible(record.reason)}`];
  if (state === 'ok') return [...reason, '  nothing is to be done'];
  const after = record.irreversible === null ? [] : [`  cannot be undone: ${visible(record.irreversible)}`];
  return [...reason, ...changeLines(reportStep(record, createDiffer(LIMITS)), view).map((line) => line.slice(4)), ...after];
}

function stepLine(record: StepRecord): string {
  return `  ${visible(record.id)} ${WORDS[stepState(record)]}`;
}

function paramLines({ name, value, isSecret, written, place, isDefault, vars }: ParamOrigin, { style }: View): readonly string[] {
  const from = isDefault ? 'default of the role' : place === null ? 'the playbook' : formatPlace(place);
  const shown = isSecret ? '[secret]' : visible(JSON.stringify(value) ?? 'nothing');
  const template = written === null || isSecret ? '' : ` from ${visible(written)}`;
  return [`  ${visible(name)}: ${shown}${template}  ${style.place(from)}`, ...vars.flatMap(varLines)];
}

function varLines({ name, from, definitions }: VarOrigin): readonly string[] {
  const [first, ...replaced] = definitions;
  if (first === undefined) return [`    ${visible(name)}: ${from === 'play' ? 'a var of the play' : "drover's own"}`];
  const shown = ({ value, isSecret }: typeof first): string => (isSecret ? '[secret]' : visible(JSON.stringify(value)));
  return [
    `    ${visible(name)}: ${shown(first)}  ${first.owner}, ${formatPlace(first.place)}`,
    ...replaced.map((each) => `      not ${shown(each)}, ${each.owner}, ${formatPlace(each.place)}`),
  ];
}

function factLines({ request, state }: ReadFact): readonly string[] {
  const title = `  ${request.kind} ${visible(request.key)}`;
  if (state.state === 'unknown') return [`${title}: not known yet: ${visible(state.because)}`];
  if (state.state === 'unreadable') return [`${title}: cannot be read: ${visible(state.reason)}`];
  const fields = Object.entries(state.value).map(([field, value]) => `${field}: ${factValue(value)}`);
  return [`${title}: ${fields.join(', ')}`];
}

function factValue(value: unknown): string {
  if (value === ANY) return '?';
  if (isFieldValue(value)) return formatValue(value);
  return visible(JSON.stringify(value) ?? 'nothing');
}

function isFieldValue(value: unknown): value is FieldValue {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true;
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return isContent(value);
}
