import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples } from '../flags.ts';

/** Adds `roles`. */
export function addRoles(program: Command, cli: Cli): void {
  const command = program
    .command('roles')
    .usage('[NAME]')
    .description(
      'List the roles of this project and those that ship with drover, or describe one: its parameters, their defaults and meaning.',
    )
    .argument('[NAME]', 'role')
    .action(async (name: string | undefined) => showRoles(name, cli));
  withExamples(command, ['drover roles lo0-vip']);
}

async function showRoles(name: string | undefined, cli: Cli): Promise<void> {
  const [{ loadRole, loadRoles }, report] = await Promise.all([import('../load-roles.ts'), import('../../report/roles.ts')]);
  const { colours, width } = cli.output;
  const options = { colours: colours.out, width };
  if (name === undefined) {
    const roles = await loadRoles(cli);
    cli.output.out(
      report.renderRoles(
        roles.map(({ role }) => role),
        options,
      ),
    );
    return;
  }
  const { role, file } = await loadRole(name, cli);
  const { describeRole } = await import('../../playbook/describe-role.ts');
  cli.output.out(report.renderRole({ role, file, parameters: describeRole(role) }, options));
}
