import { renderDiagnostics } from '../../src/errors/render.ts';
import { loadPlaybook } from '../../src/playbook/load.ts';
import { moduleLoader } from '../../src/playbook/load-module.ts';
import { listRoles } from '../../src/playbook/roles.ts';

/** Loads the playbooks named on the command line as a run of drover would, and prints what came of it as JSON. */
const { folder, droverUrl, cacheDirectory, files } = JSON.parse(process.argv[2] ?? '');
const options = { droverUrl, cacheDirectory };
const { defineRole } = await import(droverUrl);
const playbooks = [];
for (const file of files) {
  const { value, problems } = await loadPlaybook(`${folder}/${file}`, { roleDirectories: [`${folder}/shipped`], ...options });
  const roles = value.plays.flatMap(({ roles }) => roles.map(({ role }) => [role.name, Reflect.get(role, 'defineRole') === defineRole]));
  const seen = value.plays.flatMap((play) => play.roles.map(({ role }) => Reflect.get(role, 'seen') ?? null));
  playbooks.push({ file, roles, seen, problems: renderDiagnostics(problems).replaceAll(`${folder}/`, '') });
}
const listed = await listRoles([`${folder}/roles`, `${folder}/shipped`, `${folder}/none`], moduleLoader(options));
process.stdout.write(
  JSON.stringify({ playbooks, listed: listed.value.map(({ role, file }) => [role.name, file.replace(`${folder}/`, '')]) }),
);
