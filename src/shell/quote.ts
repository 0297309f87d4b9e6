const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** Quotes one argument for POSIX `sh`. Throws on NUL, which no argument can hold. */
export function quote(argument: string): string {
  if (argument.includes('\0')) throw new Error('an argument cannot contain a NUL byte');
  if (SAFE.test(argument)) return argument;
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** Quotes an argument list into one `sh` command. */
export function commandLine(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}
