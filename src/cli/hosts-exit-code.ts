import { type ExitCode, exitCode } from '../errors/exit-code.ts';
import type { StopSignal } from './io.ts';

/** The exit code of a command that did one thing on many hosts. */
export function hostsExitCode(results: readonly { readonly outcome: string }[], interrupted: StopSignal | null): ExitCode {
  const number = (wanted: string): number => results.filter(({ outcome }) => outcome === wanted).length;
  return exitCode({ interrupted, failed: number('failed'), unreachable: number('unreachable') });
}
