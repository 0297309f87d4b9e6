import type { Layout } from './layout.ts';

/** Postfix's queue directory, in which a chrooted smtpd runs. */
const QUEUE = '/var/spool/postfix/';

/** Folders below it that are Postfix's own, with owners and modes that it needs (postfix-files), and those of the chroot. */
const POSTFIX_OWN = ['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'maildrop', 'pid', 'private'];
const OWN_FOLDERS = new Set([...POSTFIX_OWN, 'public', 'saved', 'trace', 'dev', 'etc', 'lib', 'lib64', 'run', 'usr', 'var']);

/** Why the milter cannot have its socket there; null when it can. */
export function socketProblem(socket: string, { kind, milter: { socket: standard } }: Layout): string | null {
  const folder = kind === 'debian' ? QUEUE : standard.slice(0, standard.lastIndexOf('/') + 1);
  const [parent = '', ...rest] = socket.startsWith(folder) ? socket.slice(folder.length).split('/') : [];
  if (kind !== 'debian') {
    return parent !== '' && rest.length === 0
      ? null
      : `socket ${socket} must be below ${folder} (the folder that Postfix’s group may enter)`;
  }
  if (rest.length !== 1)
    return `socket ${socket} must be below ${folder} (in a folder of its own there, or a chrooted smtpd cannot open it)`;
  if (!OWN_FOLDERS.has(parent)) return null;
  return `socket ${socket} is in ${folder}${parent}, which is Postfix’s own; take a folder of its own there, as in ${standard}`;
}

/** How a socket may stand in `smtpd_milters`, ours first: twice there every message is looked at twice, or a chrooted smtpd opens one in vain. */
export function spellings(path: string, kind: Layout['kind']): string[] {
  if (kind === 'debian') return [`unix:${path.slice(QUEUE.length)}`, `unix:${path}`];
  const other = path.startsWith('/run/') ? `/var${path}` : path.replace(/^\/var(?=\/run\/)/, '');
  return [...new Set([`unix:${path}`, `unix:${other}`])];
}
