import type { Questions } from '../model/questions.ts';
import type { Secret } from '../model/secret.ts';
import type { Redactor } from '../report/redact.ts';
import { visible } from '../report/visible.ts';
import { askSecret, canAsk } from './ask.ts';
import type { Cli } from './cli.ts';
import type { Live } from './live.ts';
import type { Stopper } from './stopper.ts';

/** What a question has to do with besides the terminal. */
export interface Asking {
  /** Is paused meanwhile. */
  readonly live: Live;
  /** Is told of Ctrl-C; once the run is to stop nothing more is asked. */
  readonly stopper: Stopper;
  /** Hides every answer from then on. */
  readonly redactor: Redactor;
}

/** Somebody at the terminal, asked one question after the other; null where there is no terminal. */
export function createQuestions(cli: Cli, { live, stopper, redactor }: Asking): Questions | null {
  if (!canAsk(cli.io)) return null;
  const ask = async (question: string): Promise<Secret | null> => {
    const { soft } = stopper.signals;
    if (soft.aborted) return null;
    const resume = live.pause();
    try {
      const answer = await askSecret(visible(question), cli, { signal: soft, onInterrupt: () => stopper.interrupt() });
      if (answer !== null) redactor.learn(answer.reveal());
      return answer;
    } finally {
      resume();
    }
  };
  let before: Promise<unknown> = Promise.resolve();
  return {
    askSecret: (question) => {
      const asked = before.then(() => ask(question));
      before = asked.catch(() => {});
      return asked;
    },
  };
}
