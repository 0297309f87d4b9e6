import type { ChildProcess } from 'node:child_process';

/** Sends a signal to the process group that a detached child leads. For children whose output is still open: then the group's number is not in use again. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // All of it has ended.
  }
}
