import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderOf, type Output, type Production, production } from './production.ts';

const role = (name: string, more = '') => `import { defineRole } from 'drover';
import { z } from 'zod';
${more}
const made = defineRole({ name: '${name}', description: 'd', platforms: 'any', params: z.object({ n: z.number().optional() }), steps: () => ({ steps: [] }) });
export default { ...made, defineRole };
`;

/** A user's folder: no package.json, no node_modules. */
const FILES: Readonly<Record<string, string>> = {
  'roles/typed/role.ts': role('typed', "import { helper } from './helper.ts';\nconst seen: string = helper;\nvoid seen;"),
  'roles/typed/helper.ts': "export const helper: string = 'x';\n",
  'roles/flat.ts': role('flat'),
  'roles/plain/role.js': role('plain'),
  'roles/syntax.ts': "import { defineRole } from 'drover';\nconst = 3;\n",
  'roles/imports.ts': "import { defineRole } from 'drover';\nimport { x } from 'no-such-package';\nexport default x;\n",
  'roles/renamed.ts': role('other'),
  'shipped/flat.ts': role('hidden'),
  'shipped/both/role.js': role('both'),
  'site.yaml': '- { hosts: all, roles: [typed, flat, plain, both] }\n',
  'bad.yaml': '- hosts: all\n  roles: [syntax, imports, renamed]\n',
  'site.ts': `import { definePlaybook } from 'drover';
import typed from './roles/typed/role.ts';
export default definePlaybook([{ hosts: ['web', 'db'], become: true, tags: 'a,b', roles: [typed, 'flat', { role: typed, params: { n: 3 } }] }]);
`,
  'wrong.ts': `import { definePlaybook } from 'drover';
export default definePlaybook([{ hosts: 3, serial: 0, roels: [], roles: ['mssing'] } as never]);
`,
  'plain.mjs': "export default [{ hosts: 'all' }];\n",
  'throws.ts': "import { definePlaybook } from 'drover';\n\nthrow new Error('no ' + typeof definePlaybook);\n",
};

let folder = '';
let drover: Production;
let output: Output;

beforeAll(async () => {
  drover = await production();
  folder = await folderOf(FILES);
  output = await drover.load({ folder, files: Object.keys(FILES).filter((path) => !path.includes('/')) });
}, 120_000);

afterAll(async () => {
  await drover.remove();
  await rm(folder, { recursive: true, force: true });
});

const result = (file: string) => output.playbooks.find((playbook) => playbook.file === file);

test('roles without node_modules or package.json get the running drover, the same instance', () => {
  expect(result('site.yaml')).toMatchObject({
    file: 'site.yaml',
    roles: [
      ['typed', true],
      ['flat', true],
      ['plain', true],
      ['both', true],
    ],
    problems: '',
  });
});

test('a typed playbook imports roles and names them', () => {
  expect(result('site.ts')).toMatchObject({
    file: 'site.ts',
    roles: [
      ['typed', true],
      ['flat', true],
      ['typed', true],
    ],
    problems: '',
  });
});

test('modules that cannot be loaded say where', () => {
  expect(
    result('bad.yaml')?.problems,
  ).toBe(`roles/syntax.ts:2:7  error role-invalid  role "syntax" cannot be loaded: Expected identifier but found "="
  2 | const = 3;
    |       ^

roles/imports.ts:2:19  error role-invalid  role "imports" cannot be loaded: there is no module "no-such-package"
  2 | import { x } from 'no-such-package';
    |                   ^

roles/renamed.ts:1:1  error role-invalid  role "renamed" calls itself "other"; file and name must agree
  1 | import { defineRole } from 'drover';
    | ^
  hint: write: export default defineRole({ … })`);
});

test('a typed playbook is checked like one in YAML', () => {
  expect(
    result('wrong.ts')
      ?.problems.split('\n')
      .filter((line) => line !== ''),
  ).toEqual([
    'wrong.ts:1:1  error playbook-shape  "plays[0].hosts" must be text or a list, found 3',
    'wrong.ts:1:1  error key-unknown  "plays[0]" has no key "roels"',
    '  hint: did you mean "roles"?',
    'wrong.ts:1:1  error playbook-shape  "plays[0].serial" must be a whole number of hosts from 1 on, or a percentage, found 0',
    '  hint: leave it out to work on all hosts at once',
  ]);
});

test('a module without a playbook, and one that throws, are refused', () => {
  expect(result('plain.mjs')?.problems).toContain('plain.mjs:1:1  error playbook-shape  the default export is not a playbook');
  expect(result('throws.ts')?.problems).toBe(`throws.ts:3:7  error playbook-shape  the playbook cannot be loaded: no function
  3 | throw new Error('no ' + typeof definePlaybook);
    |       ^`);
});

test('roles are listed by name, earlier folders first', () => {
  expect(output.listed).toEqual([
    ['both', 'shipped/both/role.js'],
    ['flat', 'roles/flat.ts'],
    ['plain', 'roles/plain/role.js'],
    ['typed', 'roles/typed/role.ts'],
  ]);
});
