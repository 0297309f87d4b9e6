/** A module's name as the kernel shows it: with underscores. */
export function moduleName(name: string): string {
  return name.replaceAll('-', '_');
}

/** Words of a line of parameters; white space between double quotes is part of a word (the kernel's next_arg, lib/cmdline.c). */
export function parameterWords(line: string): string[] {
  return line.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
}

/** A word as name and value: the name with underscores, the value without its double quotes; without `=` the empty text. */
export function splitParameter(word: string): { readonly name: string; readonly value: string } {
  const bare = word.replaceAll('"', '');
  const at = bare.indexOf('=');
  return at === -1 ? { name: moduleName(bare), value: '' } : { name: moduleName(bare.slice(0, at)), value: bare.slice(at + 1) };
}

/** The last value of a parameter in words of a command line, as the kernel takes it; what follows `--` is init's. */
export function parameterIn(line: string, name: string): string | null {
  const words = parameterWords(line);
  const end = words.indexOf('--');
  const own = (end === -1 ? words : words.slice(0, end)).map(splitParameter).filter((each) => each.name === moduleName(name));
  return own.at(-1)?.value ?? null;
}
