import type { HostLine, Marks, RunLine, RunSummary } from '../model/history.ts';
import { mergeMarks } from './marks.ts';

/** What a history is asked. */
export interface Lines {
  /** Hosts that have lines. */
  readonly hosts: readonly string[];
  runs(): readonly RunLine[];
  host(name: string): readonly HostLine[];
  marks(name: string): Marks;
}

/** A history that is not kept: for a folder that cannot be written. */
export class MemoryStore implements Lines {
  readonly #runs: RunLine[] = [];
  readonly #hosts = new Map<string, { readonly lines: HostLine[]; marks: Marks }>();

  append(summaries: readonly RunSummary[]): void {
    for (const { line, hosts } of summaries) {
      this.#runs.push(line);
      for (const [name, own] of hosts) {
        const known = this.#hosts.get(name) ?? { lines: [], marks: {} };
        this.#hosts.set(name, known);
        known.lines.push(own.line);
        known.marks = mergeMarks(known.marks, [own.marks]);
      }
    }
  }

  get hosts(): readonly string[] {
    return [...this.#hosts.keys()];
  }

  runs(): readonly RunLine[] {
    return this.#runs;
  }

  host(name: string): readonly HostLine[] {
    return this.#hosts.get(name)?.lines ?? [];
  }

  marks(name: string): Marks {
    return this.#hosts.get(name)?.marks ?? {};
  }
}
