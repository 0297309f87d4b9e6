import type { Action } from '../model/action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { quote } from '../shell/quote.ts';
import { own, umaskFor } from './own.ts';

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** Owner and mode of what is there; never through a link. */
export function setOwnership({ path, ownership }: Of<'setOwnership'>): CompiledAction {
  const { mode, owner, group } = ownership;
  const what = [mode, owner, group].filter((part) => part !== undefined).join(' ');
  return {
    summary: `set ${what} on ${path}`,
    script: `p=${quote(path)}\n[ ! -L "$p" ] || die "$p is a symbolic link now; plan again"\n${own('"$p"', ownership)}`,
  };
}

/** A directory, with those above it where asked (mode 0755). Without a mode it gets 0755 and what the one above hands down (inode(7)). */
export function makeDirectory({ path, parents, ownership }: Of<'makeDirectory'>): CompiledAction {
  const { mode } = ownership;
  const special = mode !== undefined && (Number.parseInt(mode, 8) & 0o7000) !== 0;
  const lines = [
    `p=${quote(path)}; umask 022`,
    'if [ -L "$p" ] || [ ! -d "$p" ]; then',
    'expect_absent "$p"',
    ...(parents ? ['d=${p%/*}; [ -z "$d" ] || [ -d "$d" ] || mkdir -p "$d"'] : []),
    `umask ${umaskFor(mode ?? '0755')}; mkdir "$p"`,
    ...(mode === undefined ? [] : ['else', own('"$p"', { mode })]),
    'fi',
    own('"$p"', { ...ownership, mode: special ? mode : undefined }),
    ...(special || mode === undefined ? [] : [`[ ! -g "$p" ] || chmod 0${mode} "$p"`]),
  ];
  return { summary: `make directory ${path}`, script: lines.filter((line) => line !== '').join('\n') };
}

/** A symbolic link. What is replaced is never gone in between, unless it is a link to a directory and `mv` knows no `-T`. */
export function makeLink({ path, target, replace }: Of<'makeLink'>): CompiledAction {
  const make = `ln -s -- ${quote(target)}`;
  const lines =
    replace === true
      ? ['if [ -e "$p" ] || [ -L "$p" ]; then', `scratch "$p"; ${make} "$T"; over "$T" "$p"; trap - EXIT`, `else ${make} "$p"; fi`]
      : ['expect_absent "$p"', `${make} "$p"`];
  return { summary: `link ${path} to ${target}`, script: [`p=${quote(path)}`, ...lines].join('\n') };
}

/** Removes what is there; a directory that is not empty only when `recursive`. */
export function remove({ path, recursive }: Of<'remove'>): CompiledAction {
  const directory = recursive ? 'rm -rf "$p"' : 'rmdir "$p"';
  const script = [
    `p=${quote(path)}`,
    `if [ -L "$p" ] || [ ! -d "$p" ]; then rm -f "$p"; else ${directory}; fi`,
    'if [ -e "$p" ] || [ -L "$p" ]; then die "$p is still there"; fi',
  ].join('\n');
  return { summary: `remove ${path}`, script };
}
