import type { Report, ReportHost } from '../report.ts';
import { putTogether, type Walk } from './apart.ts';
import type { Filling, Fold, FoldedHost, Template } from './fold.ts';
import { walkError, walkStep } from './walk.ts';

/** The report that was folded, byte for byte. */
export function unfold({ frame, hosts, ...templates }: Fold): Report {
  return { ...frame, hosts: hosts.map((host) => unfoldHost(host, templates)) };
}

/** One host of a fold. */
export function unfoldHost({ frame, error, steps }: FoldedHost, templates: Pick<Fold, 'steps' | 'errors'>): ReportHost {
  return {
    ...frame,
    error: error === null ? null : fill(error, templates.errors, walkError),
    steps: steps.map((step) => fill(step, templates.steps, walkStep)),
  };
}

function fill<T>({ template: index, values, figures, digests }: Filling, templates: readonly Template<T>[], walk: Walk<T>): T {
  const template = templates[index];
  if (template === undefined) throw new Error(`the fold has no template ${index}`);
  const texts = template.texts.map((text) =>
    text.map((piece) => (typeof piece === 'string' ? piece : (values[piece.hole] ?? ''))).join(''),
  );
  return putTogether({ frame: template.frame, texts, figures, digests }, walk, Number);
}
