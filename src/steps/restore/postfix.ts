import type { Action } from '../../model/action.ts';
import type { BaseFacts } from '../../model/fact.ts';
import { known, lost, NOTHING, type Restorer } from './part.ts';

/** A parameter in main.cf. Taking one out needs `postconf -X`, which came with Postfix 2.10; Red Hat has it from 7. */
export const postfixRestorer: Restorer<'postfix'> = {
  fields: ['value'],
  rank: () => 600,
  reads: ({ key }) => [{ kind: 'postfix', key }],
  plan({ key: parameter, before }, { facts }) {
    const now = facts.get('postfix', parameter);
    const value = before.value === null ? null : known(before.value);
    if (value === undefined || value === now.value) return NOTHING;
    if (!now.exists) return { refused: 'the host has no Postfix (no postconf) any more' };
    if (value === null && isOld(facts.base)) return lost(`the host's postconf cannot take ${parameter} out of main.cf`);
    const action: Action =
      value === null
        ? { kind: 'command', command: ['postconf', '-X', parameter], directory: undefined, deadlineMs: undefined }
        : { kind: 'setPostfix', parameter, value };
    return {
      changes: [{ field: parameter, before: now.value, after: value }],
      predicted: [{ kind: 'postfix', key: parameter, value: { ...now, value } }],
      actions: [action],
    };
  },
};

function isOld({ os }: BaseFacts): boolean {
  return os.family === 'redhat' && Number.parseInt(os.version, 10) < 7;
}
