import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { diagnose, type Where } from '../errors/diagnose.ts';
import { didYouMean } from '../errors/nearest.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Role } from '../model/role.ts';
import { isRole } from './define.ts';
import type { LoadModule } from './load-module.ts';
import { moduleProblems, sourceLine } from './module-problem.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const EXTENSIONS = ['ts', 'js', 'mjs'];

/** A role and the file it comes from. */
export interface FoundRole {
  readonly role: Role;
  readonly file: string;
}

/** Finds roles by name in the given folders, the first that has one wins; each module is imported once. */
export interface RoleFinder {
  readonly directories: readonly string[];
  /** The role of this name, or null with the problem; `where` is the place of the name, for `role-missing`. */
  find(name: string, where: Where): Promise<Checked<FoundRole | null>>;
}

/** Makes a finder. A role NAME is `NAME/role.ts` (or `.js`, `.mjs`) or `NAME.ts` in a folder; its default export is the role. */
export function roleFinder(directories: readonly string[], load: LoadModule): RoleFinder {
  const loaded = new Map<string, Promise<Checked<FoundRole | null>>>();
  return {
    directories,
    find: async (name, where) => {
      const file = await roleFile(directories, name);
      if (file === null) return { value: null, problems: [await missing(directories, name, where)] };
      const known = loaded.get(file) ?? loadRole(name, file, load);
      loaded.set(file, known);
      return known;
    },
  };
}

/** All roles of the folders by name, those of earlier folders hiding later ones; modules that are no roles are problems. */
export async function listRoles(directories: readonly string[], load: LoadModule): Promise<Checked<readonly FoundRole[]>> {
  const names = await roleNames(directories);
  const finder = roleFinder(directories, load);
  const found = await Promise.all(names.map((name) => finder.find(name, {})));
  return { value: found.flatMap(({ value }) => value ?? []), problems: found.flatMap(({ problems }) => problems) };
}

/** Names of the roles that the folders hold, sorted, without importing them. */
async function roleNames(directories: readonly string[]): Promise<readonly string[]> {
  const names = await Promise.all(directories.map(namesIn));
  return [...new Set(names.flat())].sort();
}

async function namesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const names = await Promise.all(
    entries.map(async (entry) => {
      const name = entry.name.replace(/\.(?:ts|js|mjs)$/, '');
      if (!NAME.test(name)) return [];
      return (await roleFile([directory], name)) === null ? [] : [name];
    }),
  );
  return names.flat();
}

async function roleFile(directories: readonly string[], name: string): Promise<string | null> {
  if (!NAME.test(name)) return null;
  for (const directory of directories) {
    for (const candidate of [...EXTENSIONS.map((ext) => `${name}/role.${ext}`), ...EXTENSIONS.map((ext) => `${name}.${ext}`)]) {
      const path = join(directory, candidate);
      if (await isFile(path)) return path;
    }
  }
  return null;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function missing(directories: readonly string[], name: string, where: Where): Promise<Diagnostic> {
  const near = didYouMean(name, await roleNames(directories));
  const looked = `looked in ${directories.join(', ')}`;
  return diagnose('role-missing', `there is no role "${name}"`, { ...where, hint: near === null ? looked : `${near} (${looked})` });
}

async function loadRole(name: string, file: string, load: LoadModule): Promise<Checked<FoundRole | null>> {
  try {
    const role = (await load(file)).default;
    const reason = misfit(name, role);
    if (reason === null && isRole(role)) return { value: { role, file }, problems: [] };
    const where = {
      place: { file, line: 1, column: 1 },
      source: await sourceLine(file, 1),
      hint: 'write: export default defineRole({ … })',
    };
    return { value: null, problems: [diagnose('role-invalid', `role "${name}" ${reason}`, where)] };
  } catch (error) {
    return { value: null, problems: await moduleProblems({ code: 'role-invalid', what: `role "${name}"`, file }, error) };
  }
}

function misfit(name: string, role: unknown): string | null {
  if (role === undefined) return 'has no default export';
  if (!isRole(role)) return 'exports something that defineRole did not make';
  return role.name === name ? null : `calls itself "${role.name}"; file and name must agree`;
}
