import { main } from '../../src/cli/command-line.ts';
import { type TestIoOptions, testIo } from './test-io.ts';

/** What a command ended with: ids of runs read ID, and the folder ROOT. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs drover to its end in a folder. */
export async function drover(root: string, argv: readonly string[], options: TestIoOptions = {}): Promise<Ended> {
  const io = testIo({ cwd: root, ...options });
  const code = await main(argv, io);
  const steady = (text: string): string => text.replaceAll(/\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}/g, 'ID').replaceAll(root, 'ROOT');
  return { code, out: steady(io.out()), err: steady(io.err()) };
}
