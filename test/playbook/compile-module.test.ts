import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { folderOf, type LoadOptions, type Production, production, writeFiles } from './production.ts';

/** A role that shows `seen`, after the lines of `head`. */
const role = (name: string, seen: string, head = '') => `import { defineRole, z } from 'drover';
${head}
const made = defineRole({ name: '${name}', description: 'd', platforms: 'any', params: z.object({}), steps: () => ({ steps: [] }) });
export default { ...made, seen: ${seen} };
`;

/** esbuild cannot start where this is set. */
const NO_ESBUILD = { ESBUILD_BINARY_PATH: '/bin/false' };

let drover: Production;
let folder = '';
let cacheDirectory = '';

beforeAll(async () => {
  drover = await production();
}, 120_000);
afterAll(() => drover.remove());
beforeEach(async () => {
  folder = await folderOf({});
  cacheDirectory = join(folder, '.drover/cache');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Puts the files in place, loads a playbook of the named role, and tells what the role saw, or the problems. */
async function seen(files: Readonly<Record<string, string>>, options: Partial<LoadOptions> = {}): Promise<unknown> {
  await writeFiles(folder, { 'site.yaml': '- { hosts: all, roles: [one] }\n', ...files });
  const { playbooks } = await drover.load({ folder, files: ['site.yaml'], cacheDirectory, ...options });
  return playbooks[0]?.problems === '' ? playbooks[0].seen[0] : playbooks[0]?.problems;
}

const HELPED = { 'roles/one/role.ts': role('one', 'helper', "import { helper } from './helper.ts';") };

describe('the cache', () => {
  test('the second load needs no esbuild and leaves the files as they are', async () => {
    expect(await seen({ ...HELPED, 'roles/one/helper.ts': 'export const helper: number = 1;\n' })).toBe(1);
    const before = await kept();
    expect(await seen({}, { env: NO_ESBUILD })).toBe(1);
    expect(await kept()).toEqual(before);
    await rm(cacheDirectory, { recursive: true });
    expect(await seen({}, { env: NO_ESBUILD })).toContain('role "one" cannot be loaded');
  });

  test('what changed since is compiled again: the role, its helper, a helper that is gone', async () => {
    expect(await seen({ ...HELPED, 'roles/one/helper.ts': 'export const helper = 1;\n' })).toBe(1);
    expect(await seen({ 'roles/one/helper.ts': 'export const helper = 2;\n' })).toBe(2);
    expect(await seen({ 'roles/one/role.ts': role('one', 'helper + 1', "import { helper } from './helper.ts';") })).toBe(3);
    expect(await readdir(join(cacheDirectory, 'modules'))).toHaveLength(2);
    await rm(join(folder, 'roles/one/helper.ts'));
    expect(await seen({})).toContain(
      'roles/one/role.ts:2:24  error role-invalid  role "one" cannot be loaded: there is no module "./helper.ts"',
    );
  });

  test('only the user can read it', async () => {
    await seen({ 'roles/one.ts': role('one', '1') });
    const modules = join(cacheDirectory, 'modules');
    const paths = [join(folder, '.drover'), cacheDirectory, modules, ...(await readdir(modules)).map((name) => join(modules, name))];
    expect(await Promise.all(paths.map(async (path) => ((await stat(path)).mode & 0o777).toString(8)))).toEqual([
      '700',
      '700',
      '700',
      '600',
      '600',
    ]);
  });

  test.each([
    ['cut short', (text: string) => text.slice(0, -40)],
    ['empty', () => ''],
    ['of something else', () => 'export default 1;'],
  ])('a kept file that is %s is made anew', async (_, damage) => {
    for (const extension of ['.mjs', '.json']) {
      await seen({ 'roles/one.ts': role('one', '1') });
      const [name = ''] = (await readdir(join(cacheDirectory, 'modules'))).filter((each) => each.endsWith(extension));
      const path = join(cacheDirectory, 'modules', name);
      const whole = await readFile(path, 'utf8');
      await writeFile(path, damage(whole));
      expect(await seen({})).toBe(1);
      expect(await readFile(path, 'utf8')).toBe(whole);
    }
  });

  test('a folder that cannot be written, or that others may write, is done without', async () => {
    await writeFiles(folder, { 'roles/one.ts': role('one', 'import.meta.url'), taken: '' });
    const url = pathToFileURL(join(folder, 'roles/one.ts')).href;
    expect(await seen({}, { cacheDirectory: join(folder, 'taken/cache') })).toBe(url);
    await mkdir(cacheDirectory, { recursive: true });
    await chmod(join(folder, '.drover'), 0o777);
    expect(await seen({})).toBe(url);
    expect(await readdir(join(cacheDirectory, 'modules'))).toEqual([]);
  });

  test('what others could have put there is not run', async () => {
    expect(await seen({ 'roles/one.ts': role('one', '1') })).toBe(1);
    await chmod(join(cacheDirectory, 'modules'), 0o777);
    expect(await seen({}, { env: NO_ESBUILD })).toContain('cannot be loaded');
  });

  test('several processes at once all load the role, and leave a whole cache', async () => {
    await writeFiles(folder, { ...HELPED, 'roles/one/helper.ts': 'export const helper = 1;\n' });
    expect(await Promise.all([1, 2, 3].map(() => seen({})))).toEqual([1, 1, 1]);
    expect(await readdir(join(cacheDirectory, 'modules'))).toHaveLength(2);
    expect(await seen({}, { env: NO_ESBUILD })).toBe(1);
  });

  async function kept(): Promise<unknown> {
    const modules = join(cacheDirectory, 'modules');
    const names = (await readdir(modules)).sort();
    return Promise.all(names.map(async (name) => [name, (await stat(join(modules, name), { bigint: true })).mtimeNs]));
  }
});

describe('a compiled role', () => {
  test('each of its files keeps its own place, on every line', async () => {
    const files = {
      'roles/one/role.ts': role(
        'one',
        '[import.meta.url, import.meta.dirname, ...helper]',
        "import { helper } from './lib/helper.ts'; // import.meta.url",
      ),
      'roles/one/lib/helper.ts': "export const helper = [import.meta.url, import.meta.filename, 'import.meta.url'];",
    };
    const at = (path: string) => join(folder, 'roles/one', path);
    const expected = [
      pathToFileURL(at('role.ts')).href,
      at(''),
      pathToFileURL(at('lib/helper.ts')).href,
      at('lib/helper.ts'),
      'import.meta.url',
    ];
    expect(await seen(files)).toEqual(expected.map((each) => each.replace(/\/$/, '')));
  });

  test('localFile finds what lies beside it, in a folder with an awkward name too', async () => {
    const path = 'my "roles" %41/roles/one/';
    await writeFiles(folder, {
      [`${path}motd.txt`]: 'hello',
      [`${path}role.ts`]: role('one', "localFile(import.meta.url, 'motd.txt').toString()", "import { localFile } from 'drover';"),
      'my "roles" %41/site.yaml': '- { hosts: all, roles: [one] }\n',
    });
    const { playbooks } = await drover.load({ folder, files: ['my "roles" %41/site.yaml'], cacheDirectory });
    expect(playbooks[0]).toMatchObject({ roles: [['one', false]], seen: ['hello'], problems: '' });
  });

  test("uses the user's own packages, ES modules and CommonJS, and sees when one is updated", async () => {
    const head = "import { esm } from 'esm-package';\nimport cjs from '@scope/cjs-package';\nimport { sub } from 'esm-package/sub';";
    const packages = {
      'node_modules/esm-package/package.json': '{ "type": "module", "exports": { ".": "./one.js", "./sub": "./sub.js" } }',
      'node_modules/esm-package/one.js': "import { defineRole } from 'drover';\nexport const esm = ['one', typeof defineRole];\n",
      'node_modules/esm-package/two.js': "export const esm = ['two'];\n",
      'node_modules/esm-package/sub.js': "export const sub = new URL('data', import.meta.url).pathname.split('/').slice(-3);\n",
      'node_modules/@scope/cjs-package/package.json': '{ "main": "lib" }',
      'node_modules/@scope/cjs-package/lib/index.js': "const { basename } = require('path');\nmodule.exports = basename(__dirname);\n",
    };
    const sub = ['node_modules', 'esm-package', 'data'];
    expect(await seen({ 'roles/one.ts': role('one', '[esm, cjs, sub]', head), ...packages })).toEqual([['one', 'function'], 'lib', sub]);
    const updated = packages['node_modules/esm-package/package.json'].replace('one.js', 'two.js');
    expect(await seen({ 'node_modules/esm-package/package.json': updated })).toEqual([['two'], 'lib', sub]);
  });

  test("zod is drover's until the user installs one", async () => {
    const head = "import * as all from 'zod';\nimport named, { z as own, string } from 'zod';";
    const seeing = '[typeof all.object, typeof all.enum, named === own, own === z, string === z.string]';
    expect(await seen({ 'roles/one.ts': role('one', seeing, head) })).toEqual(['function', 'function', true, true, true]);
    const installed = {
      'node_modules/zod/package.json': '{ "type": "module", "exports": "./index.js" }',
      'node_modules/zod/index.js': 'export const z = {};\nexport const object = () => {};\nexport const string = 1;\nexport default z;\n',
    };
    expect(await seen(installed)).toEqual(['function', 'undefined', true, false, false]);
  });

  test('data, Node modules and imports at run time are there', async () => {
    const head =
      "import { basename } from 'node:path';\nimport fs from 'fs';\nimport data from './data.json' with { type: 'json' };\nconst late = await import('./late.ts');";
    const files = { 'roles/one/data.json': '{ "a": 1 }', 'roles/one/late.ts': 'export const late = 2;' };
    const seeing = "[basename('/a/b'), typeof fs.readFileSync, data.a, late.late]";
    expect(await seen({ 'roles/one/role.ts': role('one', seeing, head), ...files })).toEqual(['b', 'function', 1, 2]);
  });
});

describe('what is wrong has its place', () => {
  test.each([
    ['a broken end', 'const a = import.meta.url;\nexport default {', '2:17', 'Expected identifier but found end of file'],
    ['behind letters of several bytes', "const ü = '€😀'; const = 1;", '1:24', 'Expected identifier but found "="'],
    [
      'a name that drover does not have',
      "import { defineRloe } from 'drover';\nexport default defineRloe;",
      '1:10',
      'No matching export in "drover" for import "defineRloe"',
    ],
    ['a package that is not there', "// é\nimport {\n  a } from 'none';\nexport default a;", '3:12', 'there is no module "none"'],
    [
      'a throw behind import.meta',
      'const a = import.meta.url; null.x;\nexport default a;',
      '1:33',
      "Cannot read properties of null (reading 'x')",
    ],
    [
      'an invalid role',
      "import { defineRole } from 'drover';\nexport default defineRole({ name: 'A B' } as never);",
      '2:16',
      "a role's name is",
    ],
    ['a text that is thrown', "throw 'no';", '1:1', 'no'],
  ])('%s', async (_, text, place, reason) => {
    expect(await seen({ 'roles/one.ts': text })).toContain(
      `roles/one.ts:${place}  error role-invalid  role "one" cannot be loaded: ${reason}`,
    );
    expect(await seen({}, { cacheDirectory: join(folder, 'site.yaml/none') })).toContain(`roles/one.ts:${place}  error`);
  });

  test('in a file that the role imports, and all at once', async () => {
    const files = { 'roles/one/role.ts': role('one', '1', "import './a.ts';\nimport './none.ts';"), 'roles/one/a.ts': '\nconst = 1;\n' };
    expect(await seen(files)).toBe(`roles/one/a.ts:2:7  error role-invalid  role "one" cannot be loaded: Expected identifier but found "="
  2 | const = 1;
    |       ^

roles/one/role.ts:3:8  error role-invalid  role "one" cannot be loaded: there is no module "./none.ts"
  3 | import './none.ts';
    |        ^`);
    const throwing = { 'roles/one/role.ts': role('one', '1', "import './a.ts';"), 'roles/one/a.ts': "\n\nthrow new Error('from a');\n" };
    expect(await seen(throwing)).toContain('roles/one/a.ts:3:7  error role-invalid  role "one" cannot be loaded: from a');
  });
});
