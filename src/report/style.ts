import { Chalk } from 'chalk';

/** How many colours the reader of a text sees: 0 none, 1 sixteen, 2 two hundred and fifty-six, 3 all. Reports only use the sixteen. */
export type ColourLevel = 0 | 1 | 2 | 3;

type Paint = (text: string) => string;

/** What the parts of a text look like. With level 0 every one returns its text as it is. */
export interface Style {
  readonly heading: Paint;
  readonly quiet: Paint;
  readonly good: Paint;
  readonly change: Paint;
  readonly bad: Paint;
  readonly added: Paint;
  readonly removed: Paint;
  readonly place: Paint;
}

/** The style for a colour level. */
export function createStyle(level: ColourLevel): Style {
  const chalk = new Chalk({ level });
  return {
    heading: (text) => chalk.bold(text),
    quiet: (text) => chalk.dim(text),
    good: (text) => chalk.green(text),
    change: (text) => chalk.yellow(text),
    bad: (text) => chalk.red(text),
    added: (text) => chalk.green(text),
    removed: (text) => chalk.red(text),
    place: (text) => chalk.cyan(text),
  };
}
