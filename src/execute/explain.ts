import { type Content, isContent, withoutBytes } from '../model/content.ts';
import type { StepExplanation } from '../model/explanation.ts';
import { type FactState, factId } from '../model/fact.ts';
import type { HostStep } from '../model/planned.ts';
import type { HostRecord, StepRecord } from '../model/run.ts';
import { type HostTask, isPrepared, prepareHost, type RunContext } from './prepare.ts';

/** Reads and plans one host as a run does, and explains each step that is wanted; the host's record where it cannot be planned. */
export async function explainSteps(
  task: HostTask,
  context: RunContext,
  isWanted: (id: string) => boolean,
): Promise<{ readonly steps: readonly StepExplanation[]; readonly ids: readonly string[] } | HostRecord> {
  const prepared = await prepareHost(task, context);
  if (!isPrepared(prepared)) return prepared;
  try {
    const { items, planned, world, host } = prepared;
    const pairs = items.flatMap((item, index) => {
      const record = planned[index];
      return record === undefined ? [] : [{ item, record }];
    });
    const steps = pairs
      .filter(({ item }) => isWanted(item.id))
      .map(({ item, record }): StepExplanation => {
        const records = (fits: (other: HostStep) => boolean): readonly StepRecord[] =>
          pairs.filter((each) => each.item.play === item.play && fits(each.item)).map((each) => each.record);
        const isSecret = item.step.secret === true;
        const wants = isSecret ? item.step.wants.map(({ field, after }) => ({ field, after: hidden(after) })) : item.step.wants;
        return {
          host: host.name,
          item: { ...item, step: { ...item.step, wants } },
          record,
          facts: item.step.reads.map((request) => ({ request, state: stateOf(world.facts.get(factId(request)) ?? NOT_READ, isSecret) })),
          notifies: records(({ handler }) => handler !== null && item.notifies.includes(handler)),
          notifiers: item.handler === null ? [] : records(({ notifies }) => notifies.includes(item.handler ?? '')),
        };
      });
    return { steps, ids: items.map(({ id }) => id) };
  } finally {
    await prepared.connection.close();
  }
}

function hidden<T>(value: T): T | Content {
  return isContent(value) ? withoutBytes(value) : value;
}

/** What is there now may be the secret of before. */
function stateOf(state: FactState, isSecret: boolean): FactState {
  if (!isSecret || state.state !== 'known' || !('content' in state.value)) return state;
  return { ...state, value: { ...state.value, content: hidden(state.value.content) } };
}

const NOT_READ: FactState = { state: 'unknown', because: 'it is read only when the steps before are carried out' };
