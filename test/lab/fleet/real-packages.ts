import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { SUITE } from './systemd-root.ts';

/** Debian's own packages in the lab's apt source, each list such as can be installed at once. What they depend on comes along, what they recommend does not. */
export const REAL_PACKAGES: readonly (readonly string[])[] = [
  ['postfix', 'spamass-milter', 'spamassassin', 'spamd', 'spamc', 'nginx-light', 'wget', 'rng-tools5'],
  ['rng-tools-debian'],
];

/** The same that mmdebstrap takes for the root, so that versions agree. */
const SOURCES = [
  `deb http://deb.debian.org/debian ${SUITE} main`,
  `deb http://deb.debian.org/debian ${SUITE}-updates main`,
  `deb http://security.debian.org/debian-security ${SUITE}-security main`,
  '',
].join('\n');

/**
 * Downloads REAL_PACKAGES and what they need beyond the packages of a root into a folder; resolves to the file names. This machine's apt does it
 * with lists, sources and state of its own: neither this machine's packages nor the root are touched. About 5 s.
 */
export async function downloadPackages(root: string, directory: string): Promise<string[]> {
  const own = join(directory, '.apt');
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(own, folder), { recursive: true });
  writeFileSync(join(own, 'sources.list'), SOURCES);
  const apt = ['apt-get', '-q', '-y', ...privately(own, root).flatMap((option) => ['-o', option])];
  try {
    await mustRun([...apt, 'update'], { timeoutMs: 300_000 });
    for (const packages of REAL_PACKAGES) {
      await mustRun([...apt, '--download-only', '--no-install-recommends', 'install', ...packages], { timeoutMs: 300_000 });
    }
    return takeFiles(join(own, 'cache/archives'), directory);
  } finally {
    rmSync(own, { recursive: true });
  }
}

/** apt.conf(5). The keys are the root's: this machine may be no Debian of the same age. */
function privately(own: string, root: string): string[] {
  return [
    ...[`Dir::State=${own}`, `Dir::State::lists=${join(own, 'lists')}`, `Dir::State::status=${join(root, 'var/lib/dpkg/status')}`],
    ...[`Dir::Cache=${join(own, 'cache')}`, `Dir::Etc::sourcelist=${join(own, 'sources.list')}`, 'Dir::Etc::sourceparts=/dev/null'],
    ...['Dir::Etc::preferences=/dev/null', 'Dir::Etc::preferencesparts=/dev/null', 'Dir::Etc::trusted=/dev/null'],
    ...[`Dir::Etc::trustedparts=${join(root, 'etc/apt/trusted.gpg.d')}`, 'APT::Sandbox::User=root', 'Acquire::Languages=none'],
  ];
}

/** apt writes the colon of an epoch as %3a, which in the file name of an index would be taken for a colon again. */
function takeFiles(archives: string, directory: string): string[] {
  const names = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  return names.sort().map((name) => {
    const plain = name.replace('%3a', '_');
    renameSync(join(archives, name), join(directory, plain));
    return plain;
  });
}
