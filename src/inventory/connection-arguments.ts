import { diagnose } from '../errors/diagnose.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { TransportName } from '../model/host.ts';
import { mergeSshOptions } from '../model/ssh-keyword.ts';
import type { SshOptions } from '../model/ssh-options.ts';
import type { Setting } from './parse-setting.ts';
import { parseSshArguments, type SshArgumentProblem } from './ssh-arguments.ts';

/** What the vars with arguments of ssh say together. */
export interface GivenArguments {
  readonly options: SshOptions;
  /** What only the system's ssh follows, for the transport `openssh`. */
  readonly passedOn: readonly string[];
  readonly configFile: string | null;
  readonly problems: readonly Diagnostic[];
}

/** Reads arguments of several vars, of which the first that gives an option counts. */
export function readArguments(settings: readonly Setting[], transport: TransportName): GivenArguments {
  const problems: Diagnostic[] = [];
  const passedOn: string[] = [];
  let options: SshOptions = {};
  let configFile: string | null = null;
  for (const setting of settings) {
    const { value } = setting;
    if (value === null || value === '') continue;
    if (typeof value !== 'string') {
      problems.push(diagnose('connection-setting', `${setting.name} must be text with arguments of ssh`, setting));
      continue;
    }
    const parsed = parseSshArguments(value, transport);
    options = mergeSshOptions(options, parsed.options);
    passedOn.push(...parsed.passedOn);
    configFile ??= parsed.configFile;
    problems.push(...parsed.problems.map((problem) => located(problem, setting)));
  }
  return { options, passedOn, configFile, problems };
}

function located({ kind, hint, argument, ...problem }: SshArgumentProblem, { name, place, source, shownAs }: Setting): Diagnostic {
  const code = kind === 'wrong' ? 'connection-setting' : 'unsupported';
  if (shownAs !== undefined) return diagnose(code, `${name}: ${problem.discreet}`, { place, source, hint });
  return diagnose(code, `${name}: ${problem.message}`, { place: placeOf(argument, place, source), source, hint });
}

/** The place of the argument, where it stands in the source line as it is. */
function placeOf(argument: string, place: Place, source: string | null): Place {
  const start = argument === '' ? -1 : (source?.indexOf(argument, place.column - 1) ?? -1);
  return start === -1 ? place : { ...place, column: start + 1, length: argument.length };
}
