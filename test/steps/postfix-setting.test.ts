import { describe, expect, it } from 'vitest';
import type { PostfixFact } from '../../src/model/postfix-fact.ts';
import { type PostfixSettingOptions, postfixSetting } from '../../src/steps/postfix-setting.ts';
import { testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const OURS = 'unix:spamass/spamass.sock';
const set = (value: string | null, fallback: string | null = ''): PostfixFact => ({ exists: true, value, default: fallback });
const plan = (options: Omit<PostfixSettingOptions, 'parameter'>, now: PostfixFact, parameter = 'smtpd_milters') =>
  planOn(postfixSetting({ parameter, ...options }), { [`postfix ${parameter}`]: now }, testBase(false));

describe('postfixSetting', () => {
  it.each<[string, Omit<PostfixSettingOptions, 'parameter'>, PostfixFact]>([
    ['the value', { value: 'tempfail' }, set('tempfail')],
    ['a number', { value: 30 }, set('30')],
    ['an empty value', { value: '' }, set('', 'x')],
    ['a value with other white space', { value: 'a,  b' }, set('a, b')],
    ['the only entry', { includes: OURS }, set(OURS)],
    ['an entry among others', { includes: OURS }, set(`inet:localhost:8891,${OURS} unix:c`)],
    ['an entry of the default', { includes: 'b' }, set(null, 'a, b')],
    ['an entry in braces', { includes: '{ inet:h:1, connect_timeout=2s }' }, set('x { inet:h:1, connect_timeout=2s }')],
    ['no entry', { excludes: OURS }, set(null)],
    ['others than the excluded entry', { excludes: OURS }, set('unix:spamass/spamass.sock2, { inet:h:1, x=unix:spamass/spamass.sock }')],
  ])('has nothing to do: %s', (_title, options, now) => {
    expect(plan(options, now)).toEqual({ result: 'ok' });
  });

  it('shows before and after, and sets the parameter', () => {
    expect(plan({ value: 'tempfail' }, set('accept', 'tempfail'), 'milter_default_action')).toEqual({
      result: 'change',
      changes: [{ field: 'milter_default_action', before: 'accept', after: 'tempfail' }],
      predicted: [{ kind: 'postfix', key: 'milter_default_action', value: { exists: true, value: 'tempfail', default: 'tempfail' } }],
      actions: [{ kind: 'setPostfix', parameter: 'milter_default_action', value: 'tempfail' }],
    });
  });

  it('states a value also where it is the default, which another version may change', () => {
    expect(plan({ value: 'tempfail' }, set(null, 'tempfail'))).toMatchObject({
      changes: [{ field: 'smtpd_milters', before: null, after: 'tempfail' }],
    });
  });

  it.each<[string, PostfixFact, string]>([
    ['to an empty list', set(null), OURS],
    ['to a list that is set empty', set(''), OURS],
    [
      'behind the others, which stay as they stand',
      set('unix:a,inet:localhost:8891  { unix:c, x=y }'),
      `unix:a,inet:localhost:8891 { unix:c, x=y }, ${OURS}`,
    ],
    ['behind a last comma', set('unix:a,'), `unix:a, ${OURS}`],
    ['behind the default', set(null, '$other'), `$other, ${OURS}`],
    ['in place of the same milter in braces', set(`unix:a, { ${OURS}, default_action=accept }, unix:b`), `unix:a, ${OURS}, unix:b`],
    ['once', set(`${OURS}, unix:a, ${OURS}`), `${OURS}, unix:a`],
    ['beside conditions with nested braces', set('${x?{unix:a}:{unix:b, c}}'), `\${x?{unix:a}:{unix:b, c}}, ${OURS}`],
  ])('adds an entry %s', (_title, now, after) => {
    expect(plan({ includes: OURS }, now)).toMatchObject({
      changes: [{ field: 'smtpd_milters', before: now.value, after }],
      actions: [{ kind: 'setPostfix', parameter: 'smtpd_milters', value: after }],
    });
  });

  it.each<[string, string, string]>([
    ['alone', OURS, ''],
    ['the first', `${OURS},  unix:a`, 'unix:a'],
    ['the last', `unix:a, ${OURS}`, 'unix:a'],
    ['between others', `unix:a, ${OURS} unix:b`, 'unix:a unix:b'],
    ['in braces', `unix:a, { ${OURS}, default_action=accept }, unix:b`, 'unix:a, unix:b'],
    ['several times', `${OURS} unix:a, ${OURS}`, 'unix:a'],
  ])('takes an entry out: %s', (_title, before, after) => {
    expect(plan({ excludes: OURS }, set(before))).toMatchObject({ changes: [{ before, after }] });
  });

  it.each<[string, PostfixFact, string]>([
    ['a host without Postfix', { exists: false, value: null, default: null }, 'the host has no Postfix (no postconf)'],
    ['a parameter that Postfix does not have', set(null, null), 'Postfix has no parameter smtpd_milters'],
  ])('refuses %s', (_title, now, reason) => {
    expect(plan({ value: 'x' }, now)).toEqual({ result: 'refused', reason });
  });

  it.each<[PostfixSettingOptions, string]>([
    [{ parameter: 'smtpd_milters' }, 'postfixSetting: give one of value, includes and excludes of smtpd_milters'],
    [{ parameter: 'smtpd_milters', value: 'a', includes: 'b' }, 'give one of value, includes and excludes'],
    [{ parameter: '-n', value: 'a' }, 'postfixSetting: "-n" is not the name of a parameter'],
    [{ parameter: 'a=b', value: 'a' }, 'is not the name of a parameter'],
    [{ parameter: 'a', value: 'b\nc = d' }, 'postfixSetting: "b\\nc = d" for a must be one line'],
    [{ parameter: 'a', includes: 'unix:b, unix:c' }, 'is not one entry of a: commas and spaces part entries, but in braces'],
    [{ parameter: 'a', includes: '' }, 'is not one entry of a'],
    [{ parameter: 'a', excludes: ' b' }, 'is not one entry of a'],
    [{ parameter: 'a', includes: '{ b' }, 'is not one entry of a'],
    [{ parameter: 'a', includes: '} {' }, 'is not one entry of a'],
  ])('does not take %j', (options, message) => {
    expect(() => postfixSetting(options)).toThrow(message);
  });
});
