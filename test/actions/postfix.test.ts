import { describe, expect, it } from 'vitest';
import { setPostfix } from '../../src/actions/postfix.ts';
import { hosts } from '../steps/support/host.ts';

/** The words that `postconf` gets. */
const PRINT = 'postconf() { for word do printf "[%s]" "$word"; done; }\n';

describe('the action on a parameter of Postfix', () => {
  it.each(hosts.flatMap((host) => ['a, { b, c=d }', `it's "$HOME" \`id\` \\ ü -x`, ''].map((value) => [host.name, value, host] as const)))(
    'hands the value over as it is (%s): %j',
    (_name, value, host) => {
      const { script } = setPostfix({ kind: 'setPostfix', parameter: 'smtpd_milters', value });
      expect(host.run(PRINT + script).toString()).toBe(`[-e][smtpd_milters = ${value}]`);
    },
  );
});
