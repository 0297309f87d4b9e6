/** Names in a folder; none where it is missing or not a folder. */
export type ListFolder = (folder: string) => readonly string[];

/** The files that a path with wildcards (glob(7)) stands for, in lexical order; a path without wildcards stands for itself. */
export function expandGlob(pattern: string, list: ListFolder): readonly string[] {
  const [, ...parts] = pattern.split('/');
  return parts.reduce<readonly string[]>((folders, part) => folders.flatMap((folder) => step(folder, part, list)), ['']);
}

function step(folder: string, part: string, list: ListFolder): readonly string[] {
  if (!/[*?[\\]/.test(part)) return [`${folder}/${part}`];
  const fits = nameTest(part);
  const names = list(folder === '' ? '/' : folder).filter((name) => fits.test(name) && (!name.startsWith('.') || part.startsWith('.')));
  return [...names].sort().map((name) => `${folder}/${name}`);
}

function nameTest(part: string): RegExp {
  const source = part.replaceAll(/\\(.)|\[([!^]?)(\]?[^\]]*)\]|[\s\S]/g, (all, escaped?: string, not?: string, set?: string) => {
    if (escaped !== undefined) return literal(escaped);
    if (set !== undefined) return `[${not === '' ? '' : '^'}${set.replaceAll(/[\\\]^[]/g, '\\$&')}]`;
    return all === '*' ? '.*' : all === '?' ? '.' : literal(all);
  });
  return new RegExp(`^${source}$`, 's');
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
