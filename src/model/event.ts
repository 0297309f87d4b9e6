import type { HostRecord, StepOutcome } from './run.ts';

/** What a host is busy with. */
export type HostPhase = 'waiting' | 'connecting' | 'reading' | 'planned' | 'applying' | 'verifying' | 'rebooting';

/** Everything that happens in a run, in order. Progress displays only read these. */
export type RunEvent =
  | { readonly kind: 'hosts-selected'; readonly hosts: readonly string[] }
  | { readonly kind: 'host-phase'; readonly host: string; readonly phase: HostPhase }
  | { readonly kind: 'step-started'; readonly host: string; readonly step: string }
  | {
      readonly kind: 'step-finished';
      readonly host: string;
      readonly step: string;
      readonly outcome: StepOutcome;
      readonly durationMs: number | null;
    }
  | { readonly kind: 'host-finished'; readonly host: HostRecord }
  | { readonly kind: 'stopping'; readonly signal: 'SIGINT' | 'SIGTERM'; readonly running: readonly string[] };

export type Emit = (event: RunEvent) => void;
