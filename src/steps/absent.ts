import type { FactView, FileFact } from '../model/fact.ts';
import type { Change, Step, StepOptions, StepPlan } from '../model/step.ts';
import { inTheWay, refuse } from './regular-file.ts';
import { checkPath, makeStep, StepArgumentError } from './step.ts';

/** What shall not be there. */
export interface AbsentOptions extends StepOptions {
  /** Absolute path. `/` and the directories that a system consists of are refused. */
  readonly path: string;
  /** Remove a directory with all that is in it. Default: false, then only an empty directory goes. */
  readonly recursive?: boolean | undefined;
}

/** Directories that no playbook means to remove (hier(7)). */
const FATAL: ReadonlySet<string> = new Set(
  [
    '/ /bin /boot /dev /etc /home /lib /lib32 /lib64 /libx32 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /var',
    '/boot/efi /boot/grub /dev/shm /etc/apt /etc/default /etc/init.d /etc/network /etc/pam.d /etc/ssh /etc/ssl /etc/sudoers.d /etc/systemd',
    '/usr/bin /usr/include /usr/lib /usr/lib32 /usr/lib64 /usr/local /usr/sbin /usr/share /usr/src /usr/local/bin /usr/local/sbin',
    '/var/cache /var/lib /var/lib/dpkg /var/lib/apt /var/lib/rpm /var/lib/systemd /var/log /var/mail /var/run /var/spool /var/tmp',
    '/etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/fstab /etc/sudoers /bin/sh /usr/bin/sh /etc/ssh/sshd_config',
  ].flatMap((line) => line.split(' ')),
);

/** Nothing at the path: a file, a link (not its target), or a directory is removed. Throws StepArgumentError for wrong arguments. */
export function absent(options: AbsentOptions): Step {
  const path = checkPath('absent', options.path);
  const { recursive = false } = options;
  if (FATAL.has(path)) throw new StepArgumentError(`absent: ${path} is part of every system and is never removed`);
  return makeStep(
    {
      kind: 'absent',
      subject: path,
      reads: [{ kind: 'file', key: path, content: 'always' }],
      wants: [{ field: 'type', after: null }],
      plan: (facts) => planAbsent(path, recursive, facts),
    },
    options,
  );
}

function planAbsent(path: string, recursive: boolean, facts: FactView): StepPlan {
  const now = facts.get('file', path);
  if (now.type === 'absent') return { result: 'ok' };
  const changes = goneFields(now);
  if (changes === null) return refuse(inTheWay(path, now));
  const irreversible = whatIsLost(now, recursive);
  return {
    result: 'change',
    changes,
    predicted: [{ kind: 'tree', key: path }],
    actions: [{ kind: 'remove', path, recursive: recursive && now.type === 'directory' }],
    ...(irreversible === null ? {} : { irreversible }),
  };
}

/** The fields of what is there, each as gone; null for what only a command decides. */
export function goneFields(now: FileFact): Change[] | null {
  const gone = (fields: Readonly<Record<string, Change['before']>>): Change[] =>
    Object.entries(fields).map(([field, before]) => ({ field, before, after: null }));
  switch (now.type) {
    case 'file':
      return gone({ type: 'file', content: now.content, mode: now.mode, owner: now.owner, group: now.group });
    case 'directory':
      return gone({ type: 'directory', mode: now.mode, owner: now.owner, group: now.group });
    case 'link':
      return gone({ type: 'link', target: now.target, owner: now.owner, group: now.group });
    case 'other':
      return gone({ type: now.what });
    default:
      return null;
  }
}

function whatIsLost(now: FileFact, recursive: boolean): string | null {
  if (now.type === 'directory') return recursive ? 'what is in the directory is not kept' : null;
  if (now.type === 'file') return now.content === null || now.content.bytes === null ? 'the file is longer than drover reads' : null;
  return now.type === 'other' ? `a ${now.what} is not kept` : null;
}
