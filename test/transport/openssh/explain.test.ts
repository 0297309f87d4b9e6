import { expect, it } from 'vitest';
import { explain } from '../../../src/transport/openssh/explain.ts';
import { Progress } from '../../../src/transport/openssh/progress.ts';

const explained = (...lines: readonly string[]): ReturnType<typeof explain> => {
  const progress = new Progress(() => {});
  progress.push(lines.map((line) => `${line}\r\n`).join(''));
  return explain({ address: 'web1', port: '22', user: 'me', progress, ending: 'exit code 255' });
};

const PROXY = 'debug1: Executing proxy command: exec nc web1 22';
const KEYS = 'debug1: SSH2_MSG_NEWKEYS received';

it.each([
  [[PROXY, 'no route', 'banner exchange: Connection to UNKNOWN port 65535: Broken pipe'], 'handshake', 'web1 port 22: no route'],
  [[PROXY, 'no route', 'kex_exchange_identification: Connection closed by remote host'], 'handshake', 'web1 port 22: no route'],
  [[PROXY, 'no route'], 'connect', 'web1 port 22: no route'],
  [[PROXY], 'connect', 'web1 port 22: ssh ended with exit code 255'],
  [
    ['debug1: Connection established.', 'Unable to negotiate with 192.0.2.1 port 22: no matching cipher found. Their offer: 3des-cbc'],
    'handshake',
    'web1 port 22: no cipher in common; the host offers 3des-cbc',
  ],
  [
    ['ssh: connect to host jump port 22: No route to host', 'Connection closed by UNKNOWN port 65535'],
    'connect',
    'cannot connect to jump port 22: No route to host',
  ],
  [
    [KEYS, 'Welcome to web1', 'Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures'],
    'authenticate',
    'web1 does not let me log in: it takes no more attempts',
  ],
  [[KEYS, 'Connection closed by 192.0.2.1 port 22'], 'authenticate', 'web1 does not let me log in: Connection closed by 192.0.2.1 port 22'],
  [['Certificate invalid: expired', 'Host key verification failed.'], 'host-key', 'the host certificate of web1 is not valid: expired'],
])('%j is phase %s', (lines, phase, message) => {
  const error = explained(...lines);
  expect([error.phase, error.message]).toEqual([phase, message]);
});
