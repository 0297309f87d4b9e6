import type { BatchRecord } from '../../model/rollout.ts';
import type { Report, ReportHost } from '../report.ts';
import { formatDuration } from '../units.ts';
import { type Child, html } from './markup.ts';

/** Height of the picture of all hosts in pixels, as long as a host has at most this much. */
const HEIGHT = 280;
const MOST_PER_HOST = 14;

/** Pixels that a host has at least that failed or was not reached. */
const LEAST_BAD = 3;

/** From the start of the run to the end of whatever ended last, in milliseconds. */
export function spanOf({ run, hosts, rollouts }: Report): number {
  const batches = rollouts.flatMap((rollout) => rollout.batches);
  const ends = [...hosts, ...batches].map(({ startedMs = 0, durationMs }) => startedMs + (durationMs ?? 0));
  return ends.reduce((most, end) => Math.max(most, end), Math.max(1, run.durationMs));
}

/** A host's bar: as long as its connection, and filled while steps were carried out. */
export function hostBar({ startedMs = 0, durationMs, work, outcome }: ReportHost, spanMs: number): Child {
  const filled =
    work === undefined
      ? null
      : html`<rect class="work" x="${share(work.startedMs, spanMs)}" width="${width(work.durationMs, spanMs)}" height="100%"/>`;
  return html`<svg class="bar ${outcome}" aria-hidden="true"><rect x="${share(startedMs, spanMs)}" width="${width(durationMs, spanMs)}" height="100%"/>${filled}</svg>`;
}

/** A batch's bar. */
export function batchBar({ startedMs = 0, durationMs, state }: BatchRecord, spanMs: number): Child {
  if (durationMs === null) return null;
  return html`<svg class="bar batch ${state}" aria-hidden="true"><rect x="${share(startedMs, spanMs)}" width="${width(durationMs, spanMs)}" height="100%"/></svg>`;
}

/** All hosts from top to bottom in the order in which they were begun, from left to right the time of the run; batches lie behind theirs. */
export function timeline(report: Report): Child {
  const spanMs = spanOf(report);
  const order = inOrder(report);
  if (order.length < 2) return null;
  const per = Math.min(MOST_PER_HOST, HEIGHT / order.length);
  const height = Math.ceil(per * order.length);
  const rows = new Map(order.map((host, index) => [host.name, index]));
  // Bars that are higher than their row stand before the others.
  const bars = [...order]
    .sort((a, b) => Number(isBad(a)) - Number(isBad(b)))
    .map((host) => pictureBar(host, { top: (rows.get(host.name) ?? 0) * per, per, spanMs }));
  const batches = report.rollouts.flatMap(({ batches: all }) => all.map((batch) => backdrop(batch, { rows, per, spanMs })));
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => html`<span>${part === 0 ? '0' : formatDuration(spanMs * part)}</span>`);
  return html`<section id="timeline" aria-labelledby="timelineh">
<h2 id="timelineh">Timeline</h2>
<p class="lead">A bar is a host, from its connection to its last step; filled where steps were carried out. The table of hosts has the same in words.</p>
<div class="picture"><svg class="all-hosts" height="${height}" role="img" aria-label="${`Hosts over ${formatDuration(spanMs)}, in the order in which they were begun`}">${batches}${bars}</svg>
<p class="ticks" aria-hidden="true">${ticks}</p></div>
</section>
`;
}

function inOrder({ hosts, rollouts }: Report): readonly ReportHost[] {
  const batchOf = new Map(
    rollouts.flatMap(({ batches }) => batches).flatMap(({ hosts: names }, index) => names.map((name) => [name, index] as const)),
  );
  const last = batchOf.size;
  return [...hosts].sort((a, b) => (batchOf.get(a.name) ?? last) - (batchOf.get(b.name) ?? last) || beginOf(a) - beginOf(b));
}

function beginOf({ work, startedMs = 0 }: ReportHost): number {
  return work?.startedMs ?? startedMs;
}

interface Place {
  readonly top: number;
  readonly per: number;
  readonly spanMs: number;
}

function isBad({ outcome }: ReportHost): boolean {
  return outcome === 'failed' || outcome === 'unreachable';
}

function pictureBar(host: ReportHost, { top, per, spanMs }: Place): Child {
  const { name, startedMs = 0, durationMs, work, outcome } = host;
  const height = Math.max(isBad(host) ? LEAST_BAD : 0.4, per > 3 ? per - 1 : per);
  const box = (from: number, length: number, sort: string): Child =>
    html`<rect class="${sort}" x="${share(from, spanMs)}" y="${round(top)}" width="${width(length, spanMs)}" height="${round(height)}"/>`;
  return html`<g class="${outcome}"><title>${name}: ${outcome}, ${formatDuration(durationMs)}</title>${box(startedMs, durationMs, 'whole')}${work === undefined ? null : box(work.startedMs, work.durationMs, 'work')}</g>`;
}

interface Backdrop extends Omit<Place, 'top'> {
  readonly rows: ReadonlyMap<string, number>;
}

function backdrop({ hosts, startedMs, durationMs }: BatchRecord, { rows, per, spanMs }: Backdrop): Child {
  if (startedMs === undefined || durationMs === null) return null;
  const places = hosts.flatMap((name) => rows.get(name) ?? []);
  if (places.length === 0) return null;
  const top = Math.min(...places);
  const height = (Math.max(...places) - top + 1) * per;
  return html`<rect class="backdrop" x="${share(startedMs, spanMs)}" y="${round(top * per)}" width="${width(durationMs, spanMs)}" height="${round(height)}"/>`;
}

function share(ms: number, spanMs: number): string {
  return `${round((Math.min(ms, spanMs) / spanMs) * 100)}%`;
}

/** Also what took no time can be seen. */
function width(ms: number, spanMs: number): string {
  return `${round(Math.max(0.2, (ms / spanMs) * 100))}%`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
