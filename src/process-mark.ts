import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process on a machine, told from a later one with the same number. */
export interface ProcessMark {
  readonly pid: number;
  /** Name of the machine. */
  readonly machine: string;
  /** Boot and time of its start, in words that mean something to that machine only; null where it does not tell (no /proc). */
  readonly born: string | null;
}

/** The mark of this process. */
export function thisProcess(): ProcessMark {
  return { pid: process.pid, machine: hostname(), born: bornOf(process.pid) };
}

/** Whether a process still runs; null: it was started on another machine, so that nobody here knows. */
export function stillRuns({ pid, machine, born }: ProcessMark): boolean | null {
  if (machine !== hostname()) return null;
  return born === null ? isThere(pid) : bornOf(pid) === born;
}

/** Start time in ticks since the boot, and that boot's id (proc(5): starttime is field 22). A zombie no longer runs. */
function bornOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`;
  } catch {
    return null;
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's (kill(2)).
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
