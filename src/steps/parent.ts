import type { FileFact } from '../model/fact.ts';

/** The directory that a path is in. */
export function parentOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at <= 0 ? '/' : path.slice(0, at);
}

/** Why nothing can be created at the path, from what its parent is; null when it can. */
export function parentProblem(path: string, parent: FileFact): string | null {
  const directory = parentOf(path);
  switch (parent.type) {
    case 'directory':
      return null;
    case 'link':
      return parent.toDirectory ? null : `${directory} is a symbolic link to ${parent.target}, which is not a directory`;
    case 'absent':
      return `the directory ${directory} does not exist; create it with a directory step before this one`;
    default:
      return `${directory} is not a directory`;
  }
}
