import type { BaseFacts } from '../model/fact.ts';

/** Where the notifications of one account's steps are kept on a host, over reboots: a file for each handler. */
export function noticeFile(key: string, { as }: Pick<BaseFacts, 'as'>): string {
  const folder = as.uid === 0 ? '/var/lib/drover/notified' : `${as.home}/.drover-notified`;
  return `${folder}/${encodeURIComponent(key)}`;
}
