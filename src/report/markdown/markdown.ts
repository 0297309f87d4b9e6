import type { HostGroup } from '../fold/fold.ts';
import { foldNews } from '../fold/fold-report.ts';
import { cut } from '../layout.ts';
import { HOST_OUTCOMES, isPlanned, runFacts, titleOf, verdictOf } from '../outline.ts';
import type { Report } from '../report.ts';
import { count, formatBytes, formatDuration } from '../units.ts';
import { wordOf } from '../view.ts';
import { visible } from '../visible.ts';
import { attentionBlock, type Block, changeBlock, type GroupView } from './group.ts';
import { code, details, table } from './inline.ts';
import { rolloutTexts } from './rollout.ts';

/** Characters that GitHub takes in a comment, and GitLab many more. */
const MOST_CHARACTERS = 65_536;

/** Columns of what a run was started with, such as a limit that names all hosts. */
const FACT_WIDTH = 1000;

/** Kept for the note that says what was left out. */
const NOTE_ROOM = 400;

/** A report as GitHub Flavored Markdown for a comment or a ticket: failures first, diffs folded, at most 65,536 characters. */
export function renderMarkdown(report: Report, most: number = MOST_CHARACTERS): string {
  const groups = foldNews(report);
  const view: GroupView = { groups, planned: isPlanned(report) };
  const isBad = ({ outcome }: HostGroup): boolean => outcome === 'failed' || outcome === 'unreachable';
  const tells = ({ outcome, error, steps }: HostGroup): boolean => outcome !== 'ok' || error !== null || steps.length > 0;
  const head = headText(report, view.planned);
  const rollouts = rolloutTexts(report.rollouts, view.planned);
  const facts = factsText(report);
  // There is always room for these: who is out of service is not left out for a diff.
  const page = new Page(most - NOTE_ROOM, [head, ...rollouts, facts]);
  page.put(head);
  page.addSection(
    '### Needs attention',
    groups.filter(isBad).map((group) => attentionBlock(group, view)),
  );
  for (const rollout of rollouts) page.put(rollout);
  page.addSection(
    '### Changes',
    groups.filter((group) => !isBad(group) && tells(group)).map((group) => changeBlock(group, view)),
  );
  page.put(facts);
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
  const rows = runFacts(report).map(([label, value]) => [label, code(cut(value, FACT_WIDTH), { inTable: true })]);
  return details('about this run', table([['', ''], ...rows]));
}

/** Blocks as far as there is room for them, what is most urgent first. */
class Page {
  readonly #blocks: string[] = [];
  #room: number;
  #shortened = 0;
  readonly #left: Block[] = [];

  constructor(room: number, reserved: readonly string[]) {
    this.#room = reserved.reduce((left, text) => left - roomOf(text), room);
  }

  /** Adds what was reserved. */
  put(text: string): void {
    this.#blocks.push(text);
  }

  addSection(title: string, blocks: readonly Block[]): void {
    if (blocks.length === 0) return;
    if (!this.#add(title)) {
      this.#left.push(...blocks);
      return;
    }
    for (const block of blocks) {
      const length = block.texts.findIndex((text) => this.#add(text));
      if (length === -1) this.#left.push(block);
      else if (length > 0) this.#shortened += 1;
    }
  }

  #add(text: string): boolean {
    if (roomOf(text) > this.#room) return false;
    this.#blocks.push(text);
    this.#room -= roomOf(text);
    return true;
  }

  text(run: string): string {
    const hosts = this.#left.reduce((sum, block) => sum + block.hosts, 0);
    const left = [
      ...(this.#shortened === 0 ? [] : [`diffs and outputs of ${count(this.#shortened, 'group')} of hosts`]),
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

/** Characters of a block with the empty line behind it. */
function roomOf(text: string): number {
  return text.length + 2;
}
