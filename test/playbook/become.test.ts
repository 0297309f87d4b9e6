import { describe, expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/errors/render.ts';
import type { Become } from '../../src/model/host.ts';
import { definePlaybook, type PlayDefinition } from '../../src/playbook/define.ts';
import { loadTyped } from '../../src/playbook/load-typed.ts';
import type { RoleUseDefinition } from '../../src/playbook/role-reference.ts';
import { roleFinder } from '../../src/playbook/roles.ts';

const ROOT: Become = { method: 'sudo', user: 'root' };
const finder = () => roleFinder(['test/playbook/cases/roles'], async (path) => import(new URL(`../../${path}`, import.meta.url).href));

/** What a typed play, and a use of a role in it, come to. */
async function typed(play: object, use: object) {
  const exported = definePlaybook([{ hosts: 'web', roles: [{ role: 'motd', ...use }], ...play } as PlayDefinition]);
  const { value, problems } = await loadTyped('site.ts', finder(), async () => ({ default: exported }));
  return { become: [value[0]?.become, value[0]?.roles[0]?.become], said: renderDiagnostics(problems) };
}

describe('whom the steps of a typed play become', () => {
  test.each<[Pick<PlayDefinition, 'become'>, Pick<RoleUseDefinition, 'become'>, Become | null, Become | null | undefined]>([
    [{}, {}, null, undefined],
    [{ become: false }, { become: true }, null, ROOT],
    [{ become: true }, {}, ROOT, undefined],
    [{ become: true }, { become: false }, ROOT, null],
    [{ become: {} }, { become: {} }, ROOT, ROOT],
    [{ become: { user: 'www' } }, { become: { method: 'doas' } }, { method: 'sudo', user: 'www' }, { method: 'doas', user: 'www' }],
    [{ become: { method: 'su' } }, { become: { user: 'db' } }, { method: 'su', user: 'root' }, { method: 'su', user: 'db' }],
  ])('%j, and %j for the role', async (play, use, ofPlay, ofUse) => {
    expect(await typed(play, use)).toEqual({ become: [ofPlay, ofUse], said: '' });
  });

  test.each([
    [{ become: { method: 'sduo' } }, {}, '"plays[0].become'],
    [{ become: 'root' }, {}, '"plays[0].become'],
    [{}, { become: { user: '' } }, '"plays[0].roles[0].become'],
    [{}, { become_user: 'www' }, '"plays[0].roles[0]" has no key "become_user"'],
    [{ become: { usr: 'www' } }, {}, '"plays[0].become'],
  ])('%j, and %j for the role, is refused', async (play, use, message) => {
    const { said } = await typed(play, use);
    expect(said).toContain(message);
    expect(said).not.toContain('undefined');
  });
});
