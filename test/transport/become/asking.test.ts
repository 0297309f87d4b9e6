import { describe, expect, it } from 'vitest';
import type { Become, BecomeMethod } from '../../../src/model/host.ts';
import { Secret } from '../../../src/model/secret.ts';
import { TransportError } from '../../../src/model/transport.ts';
import { Asking, TerminalNeeded } from '../../../src/transport/become/asking.ts';
import { bootScript } from '../../../src/transport/boot.ts';

const PASSWORD = new Secret('pw');
const FAILED = { exitCode: 1, signal: null };

function started(method: BecomeMethod, options: { password?: Secret | null; onTerminal?: boolean } = {}) {
  const { password = PASSWORD, onTerminal = false } = options;
  const become: Become = { method, user: 'www' };
  const boot = bootScript('', { become, mayAsk: password !== null, onTerminal });
  const asking = new Asking({ become, boot, password, onTerminal });
  const heads = (stderr: string, stdout = '') => ({
    stdout: Buffer.from(stdout === '' ? '' : `${boot.ready}\n${stdout}`),
    stderr: Buffer.from(`Welcome! Your password: ${boot.ready}\n${stderr}`),
  });
  return {
    boot,
    heed: (stderr: string, stdout = '') => asking.heed(heads(stderr, stdout)),
    refusal: (stderr: string, stdout = '') => asking.refusal(FAILED, heads(stderr, stdout)),
    early: (text: string) => asking.heed({ stdout: Buffer.from(text), stderr: Buffer.alloc(0) }),
  };
}

const said = (found: unknown): unknown => (found instanceof TransportError ? found.message : found);

describe('a question', () => {
  it.each([
    ['su', 'Password: '],
    ['su', 'Password:'],
    ['su', 'Last login was never\nPassword: '],
    ['doas', '\rdoas (me@host) password: '],
    ['sudo', 'LDAP Password: '],
  ] as const)('of %s is answered once: %j', (method, question) => {
    const { heed } = started(method, { onTerminal: true });
    expect(heed(question.slice(0, 5))).toBeNull();
    expect(heed(question)).toBe(PASSWORD);
    expect(heed(`${question}\n`)).toBeNull();
    expect(said(heed(`${question}\n${question}`))).toBe(`${method} refused the password`);
  });

  it('may come on standard output', () => {
    expect(started('su').heed('', 'Password: ')).toBe(PASSWORD);
  });

  it('of sudo is known by its nonce, whatever stands around it and in whatever pieces it comes', () => {
    const { boot, heed } = started('sudo');
    expect(heed(`We trust you\n[sudo: ${boot.prompt.slice(0, -2)}`)).toBeNull();
    expect(heed(`We trust you\n[sudo: ${boot.prompt}`)).toBe(PASSWORD);
    expect(heed(`We trust you\n[sudo: ${boot.prompt}] password: `)).toBeNull();
    expect(said(heed(`[sudo: ${boot.prompt}] password: \nSorry, try again.\n[sudo: ${boot.prompt}`))).toBe('sudo refused the password');
  });

  it('that nobody can answer is the end at once', () => {
    const found = started('su', { password: null }).heed('Password: ');
    expect(said(found)).toBe('su wants a password (that of www), and none is known');
    expect(found).toMatchObject({ phase: 'become', deadline: false, hint: expect.stringContaining('-K') });
  });

  it.each(['Verification code: ', 'Your password will expire in 3 days.\n', 'Touch the key'])('is not seen in %j', (words) => {
    expect(started('su').heed(words)).toBeNull();
  });

  it('is not seen in the greetings of a login', () => {
    expect(started('su').early('Message of the day\nYou may change your password: ')).toBeNull();
    expect(started('su').heed('')).toBeNull();
  });

  it('for a new password says that the old one has expired', () => {
    const { heed } = started('su');
    heed('Password: ');
    const found = heed('Password: \nYou are required to change your password immediately (password expired).\nCurrent password: ');
    expect(said(found)).toBe('su: You are required to change your password immediately (password expired).');
  });
});

describe('a refusal', () => {
  it.each([
    ['sudo', 'sudo: sorry, you must have a tty to run sudo'],
    ['sudo', 'sudo: no tty present and no askpass program specified'],
    ['sudo', 'sudo: a terminal is required to read the password; either use the -S option'],
    ['su', 'standard in must be a tty'],
    ['su', 'su: must be run from a terminal'],
    ['doas', 'doas: a tty is required'],
    ['doas', 'doas: Authentication required'],
  ] as const)('of %s for want of a terminal: %s', (method, words) => {
    expect(started(method).refusal(words)).toBeInstanceOf(TerminalNeeded);
    expect(started(method, { onTerminal: true }).refusal(words)).not.toBeInstanceOf(TerminalNeeded);
  });

  it('is none for want of a terminal once the password was sent', () => {
    const { heed, refusal } = started('su');
    heed('Password: ');
    expect(refusal('Password: \nsu: must be run from a terminal')).not.toBeInstanceOf(TerminalNeeded);
  });

  it.each([
    ['su', 'Password: su: Authentication failure'],
    ['su', 'Password: \nsu: incorrect password'],
    ['su', 'Password:su: Sorry'],
    ['doas', '\rdoas (me@host) password: \ndoas: Authentication failed'],
    ['sudo', 'password: \nsudo: 1 incorrect password attempt'],
  ] as const)('of %s that got the password is that of the password: %j', (method, words) => {
    const { heed, refusal } = started(method, { onTerminal: true });
    expect(heed(/^[^:]*: ?/.exec(words)?.[0] ?? '')).toBe(PASSWORD);
    expect(refusal(words)).toMatchObject({
      message: `${method} refused the password`,
      hint: expect.stringContaining('the password was sent once only'),
    });
  });

  it.each([
    ['su', PASSWORD, 'su: Permission denied', 'su: Permission denied'],
    [
      'su',
      PASSWORD,
      'su: using restricted shell /usr/sbin/nologin\nThis account is unavailable.',
      'su: using restricted shell /usr/sbin/nologin',
    ],
    ['doas', null, 'doas: Authentication required', 'doas wants a password, and none is known'],
    ['doas', PASSWORD, 'doas: Operation not permitted', 'doas: Operation not permitted'],
    ['sudo', null, 'sudo: a password is required', 'sudo: a password is required'],
    [
      'sudo',
      PASSWORD,
      'Sorry, user me is not allowed to execute \'/bin/sh -c echo "$1" drover x\' as www on h.',
      'Sorry, user me is not allowed to execute /bin/sh as www on h.',
    ],
    ['sudo', PASSWORD, '/bin/sh: 1: exec: sudo: not found', '/bin/sh: 1: exec: sudo: not found'],
    ['su', PASSWORD, '', 'su ended with exit code 1'],
  ] as const)('of %s says what it said: %s %j', (method, password, words, message) => {
    expect(started(method, { password, onTerminal: true }).refusal(words).message).toBe(message);
  });
});
