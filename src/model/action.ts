import type { IpvsAction } from './ipvs-action.ts';
import type { KernelAction } from './kernel-action.ts';
import type { NetworkAction } from './network-action.ts';
import type { SetPostfix } from './postfix-action.ts';
import type { WaitAction } from './wait-action.ts';

/** Owner and mode of something on disk; absent fields are left as they are (for new things: the defaults of the host). */
export interface Ownership {
  /** Four octal digits. */
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/** Changes to what is neither a file, a package, a unit nor an account. */
export type SystemAction = KernelAction | NetworkAction | IpvsAction | SetPostfix | WaitAction;

/** What carries out a change, as data. Each compiles to `sh`, and is idempotent itself. */
export type Action =
  | WriteFile
  | SystemAction
  | { readonly kind: 'setOwnership'; readonly path: string; readonly ownership: Ownership }
  | { readonly kind: 'makeDirectory'; readonly path: string; readonly parents: boolean; readonly ownership: Ownership }
  /** `replace`: something that is not a directory is in the way and gives way. Without it the path must be free. */
  | { readonly kind: 'makeLink'; readonly path: string; readonly target: string; readonly replace?: boolean }
  | { readonly kind: 'remove'; readonly path: string; readonly recursive: boolean }
  | {
      readonly kind: 'packages';
      readonly install: readonly string[];
      readonly remove: readonly string[];
      readonly upgrade: readonly string[];
    }
  | { readonly kind: 'unit'; readonly verb: UnitVerb; readonly name: string }
  | { readonly kind: 'daemonReload' }
  | {
      readonly kind: 'addUser';
      readonly name: string;
      /** Without `group`: a group of the user's own name is made. */
      readonly account: Account;
      readonly system: boolean;
      /** How to make the home directory; null: not at all. An existing one is left as it is. */
      readonly makeHome: { readonly mode: string; readonly skeleton: boolean } | null;
    }
  | { readonly kind: 'changeUser'; readonly name: string; readonly account: Account; readonly moveHome: boolean }
  | { readonly kind: 'removeUser'; readonly name: string; readonly removeHome: boolean }
  | { readonly kind: 'addGroup'; readonly name: string; readonly gid: number | undefined; readonly system: boolean }
  | { readonly kind: 'changeGroup'; readonly name: string; readonly gid: number }
  | { readonly kind: 'removeGroup'; readonly name: string }
  | {
      readonly kind: 'command';
      readonly command: readonly string[];
      readonly directory: string | undefined;
      readonly deadlineMs: number | undefined;
    };

/**
 * Puts bytes in place: temporary file in the same directory, validate, sync, rename.
 * Refuses to write when the file is no longer what the plan saw.
 */
export interface WriteFile {
  readonly kind: 'writeFile';
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly ownership: Ownership;
  /** SHA-256 of the file that the plan saw, or null when there was none; anything else on the host fails the action. */
  readonly expect: string | null;
  /** Replace a symbolic link itself (`expect` is null then). */
  readonly replaceLink: boolean;
  /** Command to run on the new file before it replaces the old one; `%s` stands for its path. */
  readonly validate: readonly string[] | undefined;
}

export type UnitVerb = 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable' | 'mask' | 'unmask';

/** Fields of an account; absent ones are left alone. */
export interface Account {
  readonly uid?: number | undefined;
  readonly group?: string | undefined;
  /** The exact supplementary groups. */
  readonly groups?: readonly string[] | undefined;
  readonly comment?: string | undefined;
  readonly home?: string | undefined;
  readonly shell?: string | undefined;
}
