import type { Secret } from './secret.ts';

/** Somebody at a terminal who can be asked. One question at a time; what the run shows meanwhile is held back. */
export interface Questions {
  /** Asks without showing what is typed; null: no answer. */
  askSecret(question: string): Promise<Secret | null>;
}
