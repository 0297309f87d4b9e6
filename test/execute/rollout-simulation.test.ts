import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Simulation, simulations } from './simulated-fleet.ts';
import { describeSimulation, line, type Simulated, simulate } from './simulated-run.ts';
import { happenings, INVARIANTS } from './simulation-invariants.ts';

const RUNS = Number(process.env.DROVER_SIMULATIONS ?? 3_000);
const SEED = Number(process.env.DROVER_SEED ?? 20_261_121);

const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => void rejections.push(reason);

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  process.on('unhandledRejection', onRejection);
});
afterAll(() => {
  vi.useRealTimers();
  process.off('unhandledRejection', onRejection);
});

/** Runs a simulation; throws what does not hold, the fleet and its plan, and what happened. */
async function check(simulation: Simulation): Promise<Simulated> {
  vi.clearAllTimers();
  rejections.length = 0;
  const simulated = await simulate(simulation).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.stack : String(error)}\n\n${describeSimulation(simulation)}`);
  });
  const broken = INVARIANTS.flatMap(({ name, broken: find }) => find(simulated).map((found) => `${name}: ${found}`));
  broken.push(...rejections.map((reason) => `a promise was rejected and nobody looked: ${String(reason)}`));
  if (broken.length > 0) throw new Error([...broken, '', describeSimulation(simulation), '', ...simulated.log.map(line)].join('\n'));
  return simulated;
}

describe('rollouts of any fleet, whatever goes wrong', () => {
  const seen = new Map<string, number>();

  it('keep to their domains, batches and budgets, put back what they take out, and account for every host', {
    timeout: 600_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(simulations, async (simulation) => {
        for (const word of happenings(await check(simulation))) seen.set(word, (seen.get(word) ?? 0) + 1);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it.each([
    'a host was not reached while planned',
    'a host was not reached at its turn',
    'a step failed',
    'a step hung until its deadline',
    'a link was lost in the middle of a step',
    'before failed on the host',
    'before failed on another host',
    'after failed on the host',
    'after failed on another host',
    'a visited host was not reached',
    'a gate did not open',
    'a batch was undone',
    'an undo failed',
    'the budget was spent',
    'the budget of a batch was spent',
    'a domain held a host back',
    'a failed host was left out',
    'a host was put back that an earlier run had left out',
    'what is done once failed',
    'a machine was taken by another run',
    'the operator stopped the run',
    'the operator stopped the run for good',
    'a running script was told to stop',
    'handlers ran after a halt',
    'all went well',
  ])('have been seen often: %s', (word) => {
    // Each is to be met in every hundred runs or so: what is never tried proves nothing.
    expect(seen.get(word) ?? 0).toBeGreaterThan(RUNS / 150);
  });

  it('are the same for the same choices', async () => {
    const [first] = fc.sample(simulations, { seed: SEED, numRuns: 1 });
    if (first === undefined) throw new Error('no sample');
    const told = async (): Promise<string[]> => (await simulate(first)).log.map(line);
    expect(await told()).toEqual(await told());
  });
});
