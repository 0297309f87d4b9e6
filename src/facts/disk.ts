import type { DiskFact } from '../model/disk-fact.ts';
import type { FactState } from '../model/fact.ts';
import { DISK_PROBE } from '../shell/disk.ts';
import { quote } from '../shell/quote.ts';
import { type FactReader, known, unreadable } from './reader.ts';

/** Disks, with everything found on them. Key: an absolute path, links are followed. Only the device itself tells, so each costs some processes. */
export const diskReader: FactReader<'disk'> = {
  kind: 'disk',
  script: (requests) => [DISK_PROBE, ...requests.map(({ key }) => `disk_probe ${quote(key)} 2>/dev/null; mark`)].join('\n'),
  parse(pieces, requests) {
    return new Map(requests.map(({ key }, index) => [key, parseDisk(pieces[index]?.toString('utf8') ?? '')]));
  },
};

const TYPES: readonly DiskFact['type'][] = ['absent', 'other', 'partition', 'mapped', 'disk'];

function parseDisk(text: string): FactState<DiskFact> {
  const lines = text.split('\n');
  const all = (word: string): string[] => lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  const [reason] = all('unreadable');
  if (reason !== undefined) return unreadable(reason);
  const type = TYPES.find((each) => each === all('type')[0]);
  if (type === undefined) return unreadable('the host says nothing about it');
  const [bytes] = all('bytes');
  return known({
    type,
    device: all('device')[0] ?? null,
    bytes: bytes === undefined ? null : Number(bytes),
    serials: all('serial'),
    label: all('label')[0] ?? null,
    findings: [...new Set(all('found'))],
  });
}
