import type { HostGroup } from '../fold/fold.ts';
import { foldNews } from '../fold/fold-report.ts';
import { HOST_OUTCOMES, isPlanned, runFacts, titleOf, verdictOf } from '../outline.ts';
import type { Report } from '../report.ts';
import { count, formatBytes, formatDuration } from '../units.ts';
import { wordOf } from '../view.ts';
import { visible } from '../visible.ts';
import { attentionBlock, type Block, changeBlock, type GroupView } from './group.ts';
import { code, details, table } from './inline.ts';
import { rolloutText } from './rollout.ts';

/** Characters that GitHub takes in a comment, and GitLab many more. */
const MOST_CHARACTERS = 65_536;

/** Kept for the note that says what was left out. */
const NOTE_ROOM = 400;

/** A report as GitHub Flavored Markdown for a comment or a ticket: failures first, diffs folded, at most 65,536 characters. */
export function renderMarkdown(report: Report, most: number = MOST_CHARACTERS): string {
  const groups = foldNews(report);
  const view: GroupView = { groups, planned: isPlanned(report) };
  const isBad = ({ outcome }: HostGroup): boolean => outcome === 'failed' || outcome === 'unreachable';
  const tells = ({ outcome, error, steps }: HostGroup): boolean => outcome !== 'ok' || error !== null || steps.length > 0;
  const page = new Page(most - NOTE_ROOM);
  page.add(headText(report, view.planned));
  page.addSection(
    '### Needs attention',
    groups.filter(isBad).map((group) => attentionBlock(group, view)),
  );
  for (const rollout of report.rollouts) page.add(rolloutText(rollout, view.planned));
  page.addSection(
    '### Changes',
    groups.filter((group) => !isBad(group) && tells(group)).map((group) => changeBlock(group, view)),
  );
  page.add(factsText(report));
  return page.text(report.run.id);
}

function headText(report: Report, planned: boolean): string {
  const { totals, run } = report;
  const traffic = `${count(totals.roundTrips, 'round trip')}, ${formatBytes(totals.bytesSent)} sent, ${formatBytes(totals.bytesReceived)} received`;
  return [
    `## drover ${code(titleOf(report))}`,
    `**${verdictOf(report)}**`,
    totalsTable(report, planned),
    `Took ${formatDuration(run.durationMs)}, ${traffic}.${run.interrupted === null ? '' : ` **Interrupted by ${run.interrupted}.**`}`,
  ].join('\n\n');
}

function totalsTable({ totals: { hosts, steps } }: Report, planned: boolean): string {
  const number = (value: number | undefined): string => (value === undefined || value === 0 ? '' : String(value));
  const rows = [
    ...HOST_OUTCOMES.map((outcome) => ({
      word: wordOf(outcome, { planned }),
      hosts: hosts[outcome],
      steps: outcome === 'unreachable' ? undefined : steps[outcome],
    })),
    { word: wordOf('in-doubt', { planned }), hosts: undefined, steps: steps.inDoubt },
    { word: wordOf('not-started', { planned }), hosts: undefined, steps: steps.notStarted },
  ].filter((row) => (row.hosts ?? 0) > 0 || (row.steps ?? 0) > 0);
  const cells = rows.map(({ word, ...numbers }) => [word, number(numbers.hosts), number(numbers.steps)]);
  return table([['', 'hosts', 'steps'], ...cells], new Set([1, 2]));
}

function factsText(report: Report): string {
  const rows = runFacts(report).map(([label, value]) => [label, code(value, { inTable: true })]);
  return details('about this run', table([['', ''], ...rows]));
}

/** Blocks as far as there is room for them, what is most urgent first. */
class Page {
  readonly #blocks: string[] = [];
  #room: number;
  #shortened = 0;
  readonly #left: Block[] = [];

  constructor(room: number) {
    this.#room = room;
  }

  add(text: string): boolean {
    const needed = text.length + 2;
    if (needed > this.#room) return false;
    this.#blocks.push(text);
    this.#room -= needed;
    return true;
  }

  addSection(title: string, blocks: readonly Block[]): void {
    if (blocks.length === 0) return;
    if (!this.add(title)) {
      this.#left.push(...blocks);
      return;
    }
    for (const block of blocks) {
      if (this.add(block.full)) continue;
      if (this.add(block.short)) this.#shortened += 1;
      else this.#left.push(block);
    }
  }

  text(run: string): string {
    const hosts = this.#left.reduce((sum, block) => sum + block.hosts, 0);
    const left = [
      ...(this.#shortened === 0 ? [] : [`the diffs of ${count(this.#shortened, 'group')} of hosts`]),
      ...(hosts === 0 ? [] : [`${count(hosts, 'host')} in ${count(this.#left.length, 'group')}`]),
    ];
    const note =
      left.length === 0
        ? []
        : [
            `> **Left out, for a comment holds ${MOST_CHARACTERS} characters:** ${left.join(', and ')}. All of it: ${code(`drover report ${visible(run)} --format html`)}`,
          ];
    return `${[...this.#blocks, ...note].join('\n\n')}\n`;
  }
}
