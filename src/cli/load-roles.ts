import { relative } from 'node:path';
import { moduleOptions, roleDirectories } from '../engine.ts';
import { moduleLoader } from '../playbook/load-module.ts';
import { type FoundRole, listRoles, roleFinder } from '../playbook/roles.ts';
import type { Cli } from './cli.ts';
import { InputProblems } from './problem.ts';

/** All roles that a playbook in the working folder could use. Throws InputProblems for modules that are no roles. */
export async function loadRoles({ io }: Cli): Promise<readonly FoundRole[]> {
  const { value, problems } = await listRoles(roleDirectories(io.cwd), moduleLoader(moduleOptions(io.cwd)));
  if (problems.length > 0) throw new InputProblems(problems);
  return value;
}

/** The role of this name. Throws InputProblems where there is none. */
export async function loadRole(name: string, { io }: Cli): Promise<FoundRole> {
  const finder = roleFinder(roleDirectories(io.cwd), moduleLoader(moduleOptions(io.cwd)));
  const { value, problems } = await finder.find(name, {});
  if (value === null) throw new InputProblems(problems);
  return { ...value, file: relative(io.cwd, value.file) };
}
