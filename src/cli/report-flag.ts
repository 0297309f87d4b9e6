import { didYouMean } from '../errors/nearest.ts';
import { REPORT_FORMATS, type ReportFormat } from '../report/formats.ts';
import { argumentProblem } from './problem.ts';
import type { ReportFile } from './report-files.ts';

const FORMATS = `${REPORT_FORMATS.slice(0, -1).join(', ')} or ${REPORT_FORMATS.at(-1)}`;

/** The value of `--format`. Throws InputProblems. */
export function parseFormat(value: string): ReportFormat {
  return formatNamed(value, `--format takes ${FORMATS}`);
}

/** The values of `--report FORMAT=PATH`, one after the other. Throws InputProblems. */
export function collectReport(value: string, earlier: readonly ReportFile[]): readonly ReportFile[] {
  const [, name, path] = /^([^=]*)=([\s\S]+)$/.exec(value) ?? [];
  if (name === undefined || path === undefined) {
    throw argumentProblem(`--report takes FORMAT=PATH, found "${value}"`, `such as --report html=report.html; FORMAT is ${FORMATS}`);
  }
  return [...earlier, { format: formatNamed(name, `--report takes ${FORMATS} before the =`), path }];
}

function formatNamed(name: string, wanted: string): ReportFormat {
  const found = REPORT_FORMATS.find((format) => format === name);
  if (found !== undefined) return found;
  throw argumentProblem(`there is no report format "${name}"`, offer(name) ?? wanted);
}

/** Names of the files that the forms are kept in. */
const MEANT: { readonly [name: string]: ReportFormat } = { md: 'markdown', xml: 'junit', txt: 'text', htm: 'html' };

function offer(name: string): string | null {
  const meant = MEANT[name.toLowerCase()];
  return meant === undefined ? didYouMean(name, REPORT_FORMATS) : `did you mean "${meant}"?`;
}
