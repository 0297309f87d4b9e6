import { diagnosticParts } from '../errors/render.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type ColourLevel, createStyle } from './style.ts';
import { count } from './units.ts';
import { visibleLine } from './visible.ts';

/** Diagnostics as text with a final newline, an empty line between them, and how many there are at the end (from two on). */
export function renderProblems(problems: readonly Diagnostic[], colours: ColourLevel): string {
  const style = createStyle(colours);
  const blocks = problems.map((problem) => {
    const { where, code, message, frame, hint } = diagnosticParts(problem);
    const place = where === null ? '' : `${style.place(visibleLine(where))}  `;
    return [
      `${place}${style.bad(`error ${code}`)}  ${visibleLine(message)}`,
      ...frame.map((line, index) => (index === frame.length - 1 ? style.bad(visibleLine(line)) : visibleLine(line))),
      ...(hint === null ? [] : [`  ${style.heading('hint:')} ${visibleLine(hint)}`]),
    ].join('\n');
  });
  const total = problems.length < 2 ? [] : [`${count(problems.length, 'problem')}; no host was contacted`];
  return `${[...blocks, ...total].join('\n\n')}\n`;
}
