import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { HostRecord, Run } from '../../../src/model/run.ts';
import { renderHtml } from '../../../src/report/html/html-report.ts';
import { reportOf } from '../../../src/report/json.ts';
import type { Report } from '../../../src/report/report.ts';
import { HOSTILE, hostileRun } from '../hostile.ts';
import { content, host, names, run, step } from '../records.ts';
import { CHROMIUM, launch } from './chromium.ts';
import { fiveHundred, ODD } from './five-hundred.ts';

const REPORT = reportOf(fiveHundred());
/** A few of them, of each sort. */
const FEW = reportOf(few());
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

function few(): Run {
  const run = fiveHundred();
  const odd: readonly string[] = [...ODD.drifted, ODD.failed, ODD.unreachable];
  return { ...run, hosts: run.hosts.filter(({ name }, index) => index < 7 || odd.includes(name)) };
}

let browser: Browser;
let folder: string;

/** Everything that a page did that it should not do. */
interface Watched {
  readonly page: Page;
  readonly requests: string[];
  readonly trouble: string[];
}

/** Opens a report's page as its user would, from a file. */
async function open(report: Report, options: BrowserContextOptions = {}): Promise<Watched> {
  const file = join(folder, `${Math.random()}.html`);
  await writeFile(file, renderHtml(report));
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const watched: Watched = { page, requests: [], trouble: [] };
  page.on('request', (request) => watched.requests.push(request.url()));
  page.on('pageerror', ({ message }) => watched.trouble.push(message));
  page.on('console', (message) => watched.trouble.push(message.text()));
  page.on('dialog', async (dialog) => {
    watched.trouble.push(dialog.message());
    await dialog.dismiss();
  });
  await page.goto(pathToFileURL(file).href);
  return watched;
}

/** Names in the rows of the table that are shown. */
function shownHosts(page: Page): Promise<readonly string[]> {
  return page.locator('#hosts tbody tr:not([hidden]) th').allTextContents();
}

/** Ids of the cards that are shown. */
function shownCards(page: Page): Promise<readonly string[]> {
  return page.locator('.card:not([hidden])').evaluateAll((cards) => cards.map(({ id }) => id));
}

/** What a reader that does not see finds wrong: WCAG 2.2 AA, and what is good practice besides. */
async function violations(page: Page): Promise<readonly string[]> {
  // The page lets no script in, so it is put in from outside.
  await page.evaluate(axe);
  const results: AxeResults = await page.evaluate('axe.run({ resultTypes: ["violations"] })');
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

// A browser among many tests has little of the machine.
describe.skipIf(CHROMIUM === null)('the HTML report in Chromium', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drover-html-'));
    browser = await launch();
  });

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('asks nobody for anything, and cannot', async () => {
    const { page, requests, trouble } = await open(REPORT);
    expect(requests).toEqual([page.url()]);
    expect(trouble).toEqual([]);
    const answers = await page.evaluate(async () => {
      const image = new Promise((resolve) => {
        const picture = new Image();
        picture.onerror = () => resolve('refused');
        picture.onload = () => resolve('loaded');
        picture.src = 'http://127.0.0.1:9/x.png';
      });
      const fetched = fetch('http://127.0.0.1:9/').then(
        () => 'loaded',
        () => 'refused',
      );
      return Promise.all([image, fetched]);
    });
    expect(answers).toEqual(['refused', 'refused']);
    expect(trouble.filter((line) => /Content Security Policy/.test(line)).length).toBeGreaterThanOrEqual(2);
  });

  test('is searched by host and by what a card says, and says how much it found', async () => {
    const { page } = await open(REPORT);
    const [search, matches] = [page.locator('#q'), page.locator('#found')];
    await search.fill('web137');
    expect(await shownHosts(page)).toEqual(['web137']);
    const [card = ''] = await shownCards(page);
    expect(await page.locator(`#${card} .matching`).textContent()).toBe('1 of 3 match: web137');
    expect(await matches.textContent()).toBe('1 of 500 hosts match, in 1 group');
    expect(await matches.getAttribute('aria-live')).toBe('polite');
    await search.fill('client_max_body');
    expect(await shownHosts(page)).toEqual(ODD.drifted);
    await search.fill('address ALREADY');
    expect(await shownHosts(page)).toEqual([ODD.failed]);
    await search.fill('web1 keepalive');
    expect(await shownHosts(page)).toHaveLength(100);
    await search.fill('no such thing');
    expect(await shownCards(page)).toEqual([]);
    expect(await page.locator('.none:not([hidden])').count()).toBe(3);
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(await shownHosts(page)).toHaveLength(500);
    expect(await matches.textContent()).toBe('');
  });

  test('is filtered by outcome and by role', async () => {
    const { page } = await open(REPORT);
    await page.getByRole('checkbox', { name: 'failed' }).check();
    expect(await shownHosts(page)).toEqual([ODD.failed]);
    await page.getByRole('checkbox', { name: 'unreachable' }).check();
    expect(await shownHosts(page)).toEqual([ODD.failed, ODD.unreachable]);
    expect(await shownCards(page)).toEqual(['g0', 'g1']);
    await page.keyboard.press('Escape');
    await page.getByLabel('Role').selectOption('base');
    expect(await shownHosts(page)).toHaveLength(499);
    expect(await shownCards(page)).toEqual([]);
    await page.getByLabel('Role').selectOption('web');
    expect(await shownCards(page)).toHaveLength(3);
  });

  test("unfolds to each host's own diff, byte for byte", async () => {
    const { page } = await open(REPORT);
    await page.getByRole('button', { name: 'Unfold all' }).click();
    await page.locator('.same button').evaluateAll((buttons) => {
      for (const button of buttons) if (button instanceof HTMLElement) button.click();
    });
    const shown = await page.evaluate(() => {
      const found: Record<string, (string | null)[]> = {};
      for (const card of document.querySelectorAll('.card')) {
        const diffs = (): (string | null)[] => [...card.querySelectorAll('.diff')].map(({ textContent }) => textContent);
        const select = card.querySelector('select');
        const options = [...(select?.options ?? [])].slice(1);
        if (select === null) found[card.querySelector('h3 code')?.textContent ?? ''] = diffs();
        for (const option of options) {
          select!.value = option.value;
          select!.dispatchEvent(new Event('change'));
          found[option.text] = diffs();
        }
      }
      return found;
    });
    const own = REPORT.hosts.map(({ name, steps }) => [name, steps.flatMap(({ changes }) => changes.flatMap(({ diff }) => diff ?? []))]);
    expect(shown).toEqual(Object.fromEntries(own));
  });

  test('puts in what a host has also where there is no diff: in notes, names of fields and notifiers', async () => {
    const changed = (name: string, byte: number): HostRecord => {
      const file = step(`web/file[/srv/${name}/logo]`, {
        outcome: 'changed',
        changes: [
          { field: `/srv/${name} mode`, before: null, after: '0755' },
          { field: 'content', before: null, after: content(new Uint8Array([0, byte])) },
        ],
      });
      const changes = [{ field: 'run', before: null, after: 'reload' }];
      const handler = step('web/handler[reload]', { outcome: 'changed', handler: true, notifiedBy: [file.id], changes });
      return host(name, { outcome: 'changed', steps: [file, handler] });
    };
    const report = reportOf(run(names(6).map((name, index) => changed(name, index))));
    const { page } = await open(report);
    await page.getByLabel('Show it as on').selectOption('web002');
    const text = await page.locator('.card .step').allTextContents();
    const { diffNote = '' } = report.hosts[1]?.steps[0]?.changes[1] ?? {};
    expect(text.join(' ')).not.toContain('‹');
    expect(text[0]).toContain('/srv/web002 mode: 0755');
    expect(text[0]).toContain(`content: ${diffNote}`);
    expect(text[1]).toContain('notified by web/file[/srv/web002/logo]');
  });

  test('shows the end of what a failed action printed, where it says why', async () => {
    const output = `${Array.from({ length: 200 }, (_, index) => `line ${index}`).join('\n')}\nno space left\n`;
    const failure = { action: 'run', exitCode: 1, output, durationMs: 1 };
    const failed = step('web/command[x]', { outcome: 'failed', progress: 'done', reason: 'it failed', failure });
    const { page } = await open(reportOf(run([host('web1', { outcome: 'failed', steps: [failed] })])));
    const room = await page.locator('pre.output').evaluate((box) => {
      const end = document.createRange();
      end.selectNodeContents(box);
      return box.getBoundingClientRect().bottom - end.getBoundingClientRect().bottom;
    });
    expect(room).toBeGreaterThanOrEqual(0);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('pre.output').evaluate((box) => box.scrollHeight - box.clientHeight)).toBe(0);
  });

  test('is used by keyboard alone', async () => {
    const { page } = await open(REPORT);
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const { activeElement: element } = document;
        return `${element?.tagName.toLowerCase()} ${element?.id || element?.getAttribute('value') || (element?.textContent ?? '').slice(0, 20)}`;
      });
    const order: string[] = [];
    for (let key = 0; key < 10; key += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual([
      'a Skip to the report',
      'summary about this run',
      'input q',
      'input failed',
      'input unreachable',
      'input changed',
      'select by-role',
      'button unfold',
      'button clear',
      expect.stringMatching(/^summary /),
    ]);
    await page.keyboard.press('/');
    expect(await focused()).toBe('input q');
    await page.keyboard.type('web/404');
    expect(await page.locator('#q').inputValue()).toBe('web/404');
    await page.keyboard.press('Escape');
    expect(await page.locator('#q').inputValue()).toBe('');
    await page.getByRole('link', { name: 'web404' }).focus();
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.evaluate(() => document.querySelector('.card:target')?.getBoundingClientRect().top ?? -1))
      .toBeGreaterThan(0);
  });

  test.each(['light', 'dark'] as const)(
    'has nothing in the way of a screen reader, and enough contrast when it is %s',
    async (colorScheme) => {
      const { page } = await open(FEW, { colorScheme });
      expect(await violations(page)).toEqual([]);
    },
  );

  test('is read without script, and on a phone without scrolling sideways', async () => {
    const { page } = await open(REPORT, { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
    expect(await page.getByRole('search').count()).toBe(0);
    expect(await page.getByText('Address already in use').isVisible()).toBe(true);
    expect(await page.getByText('client_max_body_size 512m').first().isVisible()).toBe(true);
    expect(await page.locator('#hosts tbody tr').count()).toBe(500);
    await page.screenshot({ path: join(folder, 'phone.png') });
  });

  test.each([
    ['desktop', 1280, 2200],
    ['phone', 390, 2200],
  ])('fits a %s', async (name, width, height) => {
    const { page } = await open(REPORT, { viewport: { width, height } });
    await page.getByRole('button', { name: 'Unfold all' }).click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const picture = await page.screenshot({ path: join(folder, `${name}.png`) });
    expect(picture.length).toBeGreaterThan(50_000);
  });

  test('does what the reader asks of it: no motion, and on paper no filters but everything unfolded', async () => {
    const { page } = await open(REPORT);
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior)).toBe('auto');
    await page.emulateMedia({ media: 'print', reducedMotion: 'no-preference' });
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior)).toBe('smooth');
    expect(await page.locator('#filter').isVisible()).toBe(false);
    expect(await page.locator('details.others').getAttribute('open')).toBeNull();
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    expect(await page.locator('details.others').getAttribute('open')).not.toBeNull();
  });

  test('shows hostile texts as texts', async () => {
    const { page, trouble, requests } = await open(reportOf(hostileRun()));
    await page.getByRole('button', { name: 'Unfold all' }).click();
    expect([trouble, requests]).toEqual([[], [page.url()]]);
    expect(await page.locator('img, iframe, object, embed, body h1:not(header h1)').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(2);
    const first = (await shownHosts(page)).find((name) => name.startsWith('web0 '));
    expect(first).toBe(`web0 ${HOSTILE[0]}`);
    await page.locator('#q').fill('<img src=x');
    expect((await shownHosts(page)).length).toBeGreaterThan(0);
    expect(await violations(page)).toEqual([]);
  });

  test('opens quickly with 500 hosts', async () => {
    const run: Run = fiveHundred();
    const { page } = await open(reportOf(run));
    const [timing] = await page.evaluate(() => performance.getEntriesByType('navigation').map((entry) => entry.duration));
    expect(timing).toBeLessThan(3000);
    const filtering = await page.evaluate(() => {
      const before = performance.now();
      const search = document.querySelector('input');
      if (search !== null) search.value = 'keepalive';
      search?.dispatchEvent(new Event('input', { bubbles: true }));
      return performance.now() - before;
    });
    expect(filtering).toBeLessThan(1000);
  });
});
