import { isPlanned } from './outline.ts';
import type { Report } from './report.ts';
import type { ColourLevel } from './style.ts';

/** The forms that a report can be shown in. */
export const REPORT_FORMATS = ['text', 'html', 'markdown', 'junit', 'json'] as const;

export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** What only some of the forms know. */
export interface FormatOptions {
  /** `text`: colours; default none. */
  readonly colours?: ColourLevel;
  /** `text`: columns; default 100. */
  readonly width?: number;
  /** `text`: how often `-v` is given. Default 0. */
  readonly verbose?: number | undefined;
}

/** A report in one of its forms, with a final newline. What a form needs is loaded when it is asked for. */
export async function renderFormat(report: Report, format: ReportFormat, options: FormatOptions = {}): Promise<string> {
  switch (format) {
    case 'text':
      return renderText(report, options);
    case 'html':
      return (await import('./html/html-report.ts')).renderHtml(report);
    case 'markdown':
      return (await import('./markdown/markdown.ts')).renderMarkdown(report);
    case 'junit':
      return (await import('./junit/junit.ts')).renderJunit(report);
    case 'json':
      return `${(await import('./visible.ts')).safeJson(report)}\n`;
  }
}

async function renderText(report: Report, { colours = 0, width = 100, verbose }: FormatOptions): Promise<string> {
  const { renderReport } = await import('./text.ts');
  return renderReport(report, { colours, width, show: isPlanned(report) ? 'plan' : 'result', verbose });
}
