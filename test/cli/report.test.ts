import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { REPORT_FORMATS, renderFormat } from '../../src/report/formats.ts';
import { reportOf } from '../../src/report/json.ts';
import { reportSchema } from '../../src/report/report-schema.ts';
import { content, host, run, step } from '../report/records.ts';
import { folder } from './folder.ts';
import { project } from './project.ts';
import { testIo } from './test-io.ts';

const changes = [{ field: 'content', before: content('a\n'), after: content('b\n') }];
const RUN = run([host('web1', { outcome: 'changed', steps: [step('note/file[/x]', { outcome: 'changed', changes })] })]);
const REPORT = reportSchema.parse(reportOf(RUN));

/** A folder with saved reports of these runs, all with the same content. */
async function saved(...ids: readonly string[]): Promise<string> {
  const report = (id: string): string => JSON.stringify({ ...REPORT, run: { ...REPORT.run, id } });
  return folder(Object.fromEntries(ids.map((id) => [`.drover/runs/${id}/report.json`, report(id)])));
}

async function drover(cwd: string, ...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const io = testIo({ cwd });
  const code = await main(argv, io);
  return { code, out: io.out(), err: io.err() };
}

describe('drover report', () => {
  test.each(REPORT_FORMATS)('shows a saved report as %s', async (format) => {
    const cwd = await saved(REPORT.run.id);
    const { code, out, err } = await drover(cwd, 'report', 'last', '--format', format);
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(await renderFormat(REPORT, format, { width: 80 }));
    expect(out).toContain('web1');
  });

  test('shows it as the run did, as text and as JSON', async () => {
    const { root, args } = await project(['one', 'two']);
    const shown = await drover(root, 'plan', ...args);
    const again = await drover(root, 'report', 'last');
    expect(again.out.trimEnd()).toBe(shown.out.replace(/\nreport .*\n$/, '').trimEnd());
    const [id = ''] = await readdir(join(root, '.drover/runs'));
    const saved = await readFile(join(root, '.drover/runs', id, 'report.json'), 'utf8');
    expect(JSON.parse((await drover(root, 'report', id, '--format', 'json')).out)).toEqual(JSON.parse(saved));
  });

  test('finds a run by its id, the beginning of it, or as the last one', async () => {
    const cwd = await saved('20261121T101500.000Z-aaaa', '20261122T101500.000Z-bbbb');
    await mkdir(join(cwd, '.drover/runs/20261123T101500.000Z-cccc'));
    for (const [named, id] of [
      ['20261121T101500.000Z-aaaa', '-aaaa'],
      ['20261122', '-bbbb'],
      ['last', '-bbbb'],
    ] as const)
      expect(JSON.parse((await drover(cwd, 'report', named, '--format', 'json')).out).run.id).toContain(id);
  });

  test.each([
    [['report', '2026112'], /"2026112" begins the ids of 2 runs/, /such as 20261121T1/],
    [['report', '20261121T101500.000Z-aaab'], /there is no run/, /did you mean "20261121T101500.000Z-aaaa"/],
    [['report', 'x'], /there is no run "x"/, /the last run was 20261122T101500.000Z-bbbb/],
    [['report', 'last', '--format', 'htlm'], /there is no report format "htlm"/, /did you mean "html"/],
    [['report', 'last', '--format', 'md'], /there is no report format "md"/, /did you mean "markdown"/],
    [['report', 'last', '--format', 'pdf'], /there is no report format "pdf"/, /text, html, markdown, junit or json/],
    [['report', 'last', '--out', 'no/such/file'], /the folder no\/such does not exist/, /mkdir -p no\/such/],
    [['report', 'last', '--out', '.drover'], /it is a folder/, /name a file in it/],
  ])('%j is refused with a hint', async (argv, message, hint) => {
    const cwd = await saved('20261121T101500.000Z-aaaa', '20261122T101500.000Z-bbbb');
    const { code, out, err } = await drover(cwd, ...argv);
    expect([code, out]).toEqual([5, '']);
    expect(err).toMatch(message);
    expect(err).toMatch(hint);
  });

  test('says so where there is no report, or one that cannot be read', async () => {
    expect((await drover(await folder({}), 'report', 'last')).err).toMatch(/this folder has no reports/);
    const later = await folder({ '.drover/runs/1/report.json': '{"schema": "drover.report/2", "run": {"drover": "9.9.9"}}' });
    const { code, err } = await drover(later, 'report', 'last');
    expect(code).toBe(5);
    expect(err).toMatch(/has the format drover\.report\/2, and this drover reads drover\.report\/1/);
    expect(err).toMatch(/drover 9\.9\.9/);
  });

  test('writes to a file, which only its owner reads, and keeps the permissions of one that is there', async () => {
    const cwd = await saved(REPORT.run.id);
    await writeFile(join(cwd, 'there.md'), 'old', { mode: 0o644 });
    for (const file of ['new.md', 'there.md']) {
      expect(await drover(cwd, 'report', 'last', '--format', 'markdown', '--out', file)).toEqual({ code: 0, out: '', err: '' });
      expect(await readFile(join(cwd, file), 'utf8')).toBe(await renderFormat(REPORT, 'markdown'));
    }
    const modes = await Promise.all(['new.md', 'there.md'].map(async (file) => (await stat(join(cwd, file))).mode & 0o777));
    expect(modes).toEqual([0o600, 0o644]);
    expect((await readdir(cwd)).sort()).toEqual(['.drover', 'new.md', 'there.md']);
  });
});

describe('--report', () => {
  test('writes the report of a run in every form that is asked for', async () => {
    const { root, args } = await project(['one']);
    const flags = REPORT_FORMATS.flatMap((format) => ['--report', `${format}=out.${format}`]);
    expect((await drover(root, 'check', ...args, ...flags)).code).toBe(3);
    const json = await readFile(join(root, 'out.json'), 'utf8');
    for (const format of REPORT_FORMATS)
      expect(await readFile(join(root, `out.${format}`), 'utf8')).toBe(await renderFormat(JSON.parse(json), format));
  });

  test('of an apply shows what became of the plan', async () => {
    const { root, args } = await project(['one']);
    await drover(root, 'apply', ...args, '--yes', '--report', 'markdown=out=1.md');
    const text = await readFile(join(root, 'out=1.md'), 'utf8');
    expect(text).toContain('**1 changed of 1 host**');
  });

  test.each([
    [['--report', 'html'], /--report takes FORMAT=PATH, found "html"/],
    [['--report', 'htm=x'], /did you mean "html"/],
    [['--report', 'json=no/x.json', '--report', 'text=no/x.txt'], /no\/x\.json cannot be written[\s\S]*no\/x\.txt cannot be written/],
    [['--report', 'json=site.yml/x'], /site\.yml is no folder/],
    [['--report', 'json=x', '--report', 'text=./x'], /two reports are to be written to \.\/x/],
  ])('%j is refused before anything is contacted', async (flags, message) => {
    const { root, args } = await project(['one']);
    const { code, err } = await drover(root, 'apply', ...args, '--yes', ...flags);
    expect(code).toBe(5);
    expect(err).toMatch(message);
    expect((await readdir(root)).sort()).toEqual(['hosts.yml', 'roles', 'site.yml']);
  });

  test('that can no longer be written at the end is a warning, and the outcome stays', async () => {
    const { root, args } = await project(['one'], { 'out/x.md.new/in': 'the way' });
    const { code, err } = await drover(root, 'check', ...args, '--report', 'markdown=out/x.md');
    expect(code).toBe(3);
    expect(err).toMatch(/^warning: the report out\/x\.md could not be written: /m);
  });
});
