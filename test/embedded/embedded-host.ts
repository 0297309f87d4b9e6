import type { ChildProcessWithoutNullStreams } from 'node:child_process';

/** How far a host of the embedded fleet is from the machine it runs on; see `holder.sh` for the first two. */
export type Isolation = 'overlay-root' | 'copy-userns' | 'folder';

/** Where commands run. */
export interface EmbeddedHost {
  readonly name: string;
  /** The host's root directory (for `folder`: its home) as the machine sees it, while the host is up. */
  readonly root: string;
  /** Login name; on isolated hosts `root`. */
  readonly user: string;
  /** Home directory as the host's commands see it. */
  readonly home: string;
  /** Starts `/bin/sh -c command` in the home directory, in a process group of its own. */
  spawn(command: string, environment?: Readonly<Record<string, string>>): ChildProcessWithoutNullStreams;
  /** Ends the host and every process on it, at once; what it left vanishes with it. Never throws. */
  kill(): void;
  /** Resolves when nothing of the host is mounted or held any more. */
  readonly ended: Promise<void>;
}
