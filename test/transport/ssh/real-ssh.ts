import { spawnSync } from 'node:child_process';

/** Why the comparisons with OpenSSH's client cannot run here; null where they can. */
export const noSsh: string | null = spawnSync('ssh', ['-V']).error === undefined ? null : 'the OpenSSH client is not installed';
if (noSsh !== null) console.warn(`skipped: comparisons with the real ssh: ${noSsh}`);

/** What `ssh -G` says of a host: values by keyword, or the places that it complains about. */
export type RealAnswer = { readonly values: ReadonlyMap<string, readonly string[]> } | { readonly complaints: readonly string[] };

export function askSsh(file: string, host: string, env: NodeJS.ProcessEnv = process.env): RealAnswer {
  const { status, stdout, stderr } = spawnSync('ssh', ['-G', '-F', file, '--', host], { encoding: 'utf8', env });
  if (status !== 0) return { complaints: complaintsIn(stderr) };
  const values = new Map<string, string[]>();
  for (const line of stdout.split('\n').filter((each) => each !== '')) {
    const [, keyword = '', value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    values.set(keyword, [...(values.get(keyword) ?? []), value]);
  }
  return { values };
}

/** What ssh says while it connects, at `-v`. The configuration has to keep it from reaching anything. */
export function runSsh(file: string, host: string, env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const { stderr } = spawnSync('ssh', ['-v', '-F', file, '-o', 'BatchMode=yes', '--', host], { encoding: 'utf8', env });
  return stderr.split(/\r?\n/);
}

/** `file:line` of each complaint; their words only where none has a place. */
function complaintsIn(stderr: string): readonly string[] {
  const lines = stderr.split(/\r?\n/).filter((line) => line !== '' && !line.includes('terminating'));
  const places = lines.flatMap((line) => /^(\S+?):? line (\d+): /.exec(line)?.slice(1, 3).join(':') ?? []);
  return places.length > 0 ? [...new Set(places)] : lines;
}
