import { renderDiagnostics } from '../../src/errors/render.ts';
import { defineRole } from '../../src/playbook/define.ts';
import { loadPlaybook } from '../../src/playbook/load.ts';
import { moduleLoader } from '../../src/playbook/load-module.ts';
import { listRoles } from '../../src/playbook/roles.ts';

/** Loads the playbooks named on the command line as a run of drover would, and prints what came of it as JSON. */
const [folder = '', ...files] = process.argv.slice(2);
const droverUrl = new URL('../../src/playbook/define.ts', import.meta.url).href;
const playbooks = [];
for (const file of files) {
  const { value, problems } = await loadPlaybook(`${folder}/${file}`, { roleDirectories: [`${folder}/shipped`], droverUrl });
  const roles = value.plays.flatMap((play) => play.roles.map((use) => [use.role.name, Reflect.get(use.role, 'defineRole') === defineRole]));
  playbooks.push({ file, roles, problems: problems.length === 0 ? '' : renderDiagnostics(problems).replaceAll(`${folder}/`, '') });
}
const listed = await listRoles([`${folder}/roles`, `${folder}/shipped`, `${folder}/none`], moduleLoader(droverUrl));
process.stdout.write(
  JSON.stringify({ playbooks, listed: listed.value.map(({ role, file }) => [role.name, file.replace(`${folder}/`, '')]) }),
);
