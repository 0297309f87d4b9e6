import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples } from '../flags.ts';
import { argumentProblem } from '../problem.ts';

/** Adds `schema`. */
export function addSchema(program: Command, cli: Cli): void {
  const command = program
    .command('schema')
    .usage('[WHAT]')
    .description('Print the JSON Schema of playbooks, for editors, or of the change report.')
    .argument('[WHAT]', 'playbook or report', 'playbook')
    .action(async (what: string) => {
      if (what !== 'playbook' && what !== 'report') throw argumentProblem(`there is no schema "${what}"`, 'say playbook or report');
      const { safeJson } = await import('../../report/visible.ts');
      cli.output.out(`${safeJson(what === 'report' ? await reportSchema() : await playbookSchema(cli))}\n`);
    });
  withExamples(command, ['drover schema > playbook.schema.json']);
}

async function reportSchema(): Promise<object> {
  const { reportJsonSchema } = await import('../../report/report-schema.ts');
  return reportJsonSchema();
}

async function playbookSchema(cli: Cli): Promise<object> {
  const [{ loadRoles }, { playbookSchema: schemaOf }] = await Promise.all([import('../load-roles.ts'), import('../../playbook/schema.ts')]);
  return schemaOf((await loadRoles(cli)).map(({ role }) => role));
}
