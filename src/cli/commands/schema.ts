import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples } from '../flags.ts';

/** Adds `schema`. */
export function addSchema(program: Command, cli: Cli): void {
  const command = program
    .command('schema')
    .description('Print the JSON Schema of playbooks, for editors, or of the change report.')
    .addArgument(new Argument('[WHAT]', 'which schema').choices(['playbook', 'report']).default('playbook'))
    .action(async (what: 'playbook' | 'report') => {
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
