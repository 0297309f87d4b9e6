import { Command } from 'commander';
import { VERSION } from '../version.ts';
import type { Cli } from './cli.ts';
import { addApply } from './commands/apply.ts';
import { addExplain } from './commands/explain.ts';
import { addFacts } from './commands/facts.ts';
import { addHistory } from './commands/history.ts';
import { addInventory } from './commands/inventory.ts';
import { addPlan } from './commands/plan.ts';
import { addReport } from './commands/report.ts';
import { addRoles } from './commands/roles.ts';
import { addRun } from './commands/run.ts';
import { addSchema } from './commands/schema.ts';
import { addShow } from './commands/show.ts';
import { addUndo } from './commands/undo.ts';

const EXIT_CODES = `
Exit codes:
  0  nothing failed                   4    a host was unreachable, none failed
  1  a defect in drover               5    wrong input, nothing was contacted
  2  a host failed                    130  interrupted by Ctrl-C
  3  check found pending changes      143  ended by SIGTERM`;

function subcommandTerm(command: Command): string {
  return [
    command.name(),
    ...command.registeredArguments.map((argument) => (argument.required ? argument.name() : `[${argument.name()}]`)),
  ].join(' ');
}

/** The command with all its commands and flags. What a command needs is imported when it runs. */
export function createProgram(cli: Cli): Command {
  const { output } = cli;
  const program = new Command('drover')
    .description('Applies typed roles to hosts over SSH: a plan that is what happens, a change report of every run.')
    .usage('COMMAND [ARGUMENTS] [FLAGS]')
    .version(VERSION, '--version', "show drover's version")
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [COMMAND]', 'Show help of a command.')
    .addHelpText('after', EXIT_CODES)
    .configureHelp({ helpWidth: 100, styleTitle: (title) => (title === 'Options:' ? 'Flags:' : title), subcommandTerm })
    .configureOutput({
      writeOut: output.out,
      writeErr: output.err,
      outputError: () => {},
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError(false)
    .exitOverride();
  addPlan(program, cli, 'plan');
  addPlan(program, cli, 'check');
  for (const add of [addApply, addRun, addFacts, addExplain, addReport, addHistory, addInventory, addRoles, addSchema, addShow, addUndo])
    add(program, cli);
  return program;
}
