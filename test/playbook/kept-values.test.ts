import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { VarValue } from '../../src/model/host.ts';
import { defineRole } from '../../src/playbook/define.ts';
import { resolveParams } from '../../src/playbook/resolve-params.ts';
import { folderOf } from '../inventory/folder.ts';
import { useOf } from './build.ts';

const role = defineRole({ name: 'r', description: 'd', platforms: 'any', params: z.looseObject({}), steps: () => ({ steps: [] }) });

const VAULT = '!vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    6162\n';
const FILES = {
  hosts: 'web1',
  'group_vars/all/vars.yml': `port: 80\nlogic: "{{ port | int }}"\nchain: "a {{ logic }}"\nplain: !unsafe "{{ port }}"\nnet:\n  plain: !unsafe "{% x %}"\n  port: "{{ port }}"\n`,
  'group_vars/all/secrets.yml': `key: ${VAULT}db:\n  user: app\n  password: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    6162\n`,
};

async function resolved(value: VarValue, files: { readonly [name: string]: string } = FILES) {
  const folder = await folderOf(files);
  const [host] = (await folder.inventory(['hosts'])).hosts;
  if (host === undefined) throw new Error('no host');
  const checked = resolveParams(useOf(role, { value }), host, {});
  return {
    value: checked.value,
    problems: checked.problems.map(({ code, message, hint }) => [code, message.replaceAll(`${folder.path('')}/`, ''), hint]),
  };
}

const LOGIC = 'logic belongs in roles; {{ }} takes a path such as net.vips[0].address';
const NO_VAULT = 'drover does not read vaults; give the value unencrypted';

describe('vars that drover cannot use', () => {
  test('are no problem where nothing uses them', async () => {
    expect(await resolved('{{ port }} {{ db.user }}')).toEqual({ value: { value: '80 app' }, problems: [] });
  });

  test('text marked !unsafe stands as it is, at any depth', async () => {
    expect((await resolved(['{{ plain }}', 'x{{ net.plain }}', '{{ net }}'])).value).toEqual({
      value: ['{{ port }}', 'x{% x %}', { plain: '{% x %}', port: 80 }],
    });
  });

  test.each<readonly [VarValue, readonly (readonly [string, string, string])[]]>([
    [
      '{{ logic }}',
      [['template-syntax', '"{{ port | int }}" is more than the path of a variable, in "logic" (group_vars/all/vars.yml:2:8)', LOGIC]],
    ],
    [
      '{{ chain }}',
      [['template-syntax', '"{{ port | int }}" is more than the path of a variable, in "logic" (group_vars/all/vars.yml:2:8)', LOGIC]],
    ],
    [
      '{{ key }}',
      [['unsupported', 'a value encrypted by ansible-vault cannot be used, in "key" (group_vars/all/secrets.yml:1:13)', NO_VAULT]],
    ],
    [
      'x{{ key }}',
      [['unsupported', 'a value encrypted by ansible-vault cannot be used, in "key" (group_vars/all/secrets.yml:1:13)', NO_VAULT]],
    ],
    [
      '{{ db.password }}',
      [['unsupported', 'a value encrypted by ansible-vault cannot be used, in "db.password" (group_vars/all/secrets.yml:5:3)', NO_VAULT]],
    ],
    [
      '{{ db }}',
      [['unsupported', 'a value encrypted by ansible-vault cannot be used, in "db" (group_vars/all/secrets.yml:5:3)', NO_VAULT]],
    ],
  ])('are refused where %j uses them, with their place', async (value, problems) => {
    expect((await resolved(value)).problems).toEqual(problems.map(([code, message, hint]) => [code, `role "r": ${message}`, hint]));
  });

  test('an unknown var may be in a file that is encrypted as a whole', async () => {
    const files = { hosts: 'web1', 'group_vars/all/vault.yml': '$ANSIBLE_VAULT;1.1;AES256\n6162\n' };
    const { problems } = await resolved('{{ secret }}', files);
    expect(problems[0]?.[2]).toMatch(/^it may be in .*group_vars\/all\/vault.yml, which ansible-vault encrypted$/);
  });
});
