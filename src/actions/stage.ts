import type { CompiledAction, StagedWrite } from '../model/ports.ts';
import { quote } from '../shell/quote.ts';

/** Neighbouring actions that are carried out together, with their indexes in the script. */
export interface ActionGroup {
  readonly first: number;
  readonly actions: readonly CompiledAction[];
}

/** Most writes staged together: bounds the argument list of `sync`, and the space that unfinished files take. */
const MOST = 100;

/** Runs of writes that can be staged together (no path twice), everything else alone. */
export function groupsOf(actions: readonly CompiledAction[]): ActionGroup[] {
  const groups: { first: number; actions: CompiledAction[]; paths: Set<string> }[] = [];
  actions.forEach((action, index) => {
    const last = groups.at(-1);
    const path = action.staged?.path;
    if (path !== undefined && last !== undefined && last.paths.size > 0 && last.paths.size < MOST && !last.paths.has(path)) {
      last.actions.push(action);
      last.paths.add(path);
    } else groups.push({ first: index, actions: [action], paths: new Set(path === undefined ? [] : [path]) });
  });
  return groups;
}

/**
 * The group as `sh`. Several writes are first all prepared beside their files and synced by one process; then each is begun, renamed
 * and reported on its own. Where preparing fails anywhere, each is carried out by itself and fails, or not, for itself.
 */
export function compileGroup({ first, actions }: ActionGroup): string {
  const writes = actions.flatMap((action) => (action.staged === undefined ? [] : [action.staged]));
  if (writes.length < 2) return actions.map((action, index) => single(first + index, action.script)).join('\n');
  const indexes = writes.map((_, index) => first + index);
  return [
    ...writes.map((write, index) => partsOf(write, first + index)),
    `drop() { for I in ${indexes.join(' ')}; do at$I; rm -f "$T"; done; }`,
    `staged=; if [ ! -e "$S" ]; then ( set -eu; set --`,
    ...digestCheck(writes),
    `for I in ${indexes.join(' ')}; do at$I; free$I; prepare$I; set -- "$@" "$T"; done; sync "$@"`,
    // Not `( … ) && …`: there `set -e` would count for nothing (sh(1)).
    ') </dev/null >/dev/null 2>&1; if [ $? = 0 ]; then staged=1; else drop; fi; fi',
    ...writes.map((write, index) => single(first + index, placed(write, first + index))),
    'drop() { :; }',
  ].join('\n');
}

function single(index: number, script: string): string {
  return `begin ${index}; ( set -eu\n${script}\n) </dev/null 2>&1; finish ${index} $?`;
}

/** What a write shares between its two parts. The names end in its index. */
function partsOf({ path, expect, prepare }: StagedWrite, index: number): string {
  return [
    `at${index}() { p=${quote(path)}; T=\${p%/*}/.drover-$N-${index}; }`,
    `free${index}() { ${expect === null ? 'expect_absent "$p"' : '[ ! -L "$p" ]'}; }`,
    `prepare${index}() {\n${prepare}\n}`,
  ].join('\n');
}

/** One process for all files that are replaced (sha256sum(1), coreutils and busybox). */
function digestCheck(writes: readonly StagedWrite[]): string[] {
  const sums = writes.flatMap(({ path, expect }) => (expect === null ? [] : [`${expect}  ${path}`]));
  return sums.length === 0 ? [] : [`printf '%s\\n' ${sums.map(quote).join(' ')} | sha256sum -c`];
}

/**
 * Renames what was prepared, unless the file changed since (its time tells whether to look; busybox compares whole seconds); or does
 * all of it, where nothing could be prepared.
 */
function placed({ expect, first }: StagedWrite, index: number): string {
  const guard = expect === null ? 'expect_absent "$p"' : `expect_digest "$p" ${quote(expect)}`;
  const check = expect === null ? guard : `if [ -L "$p" ] || [ ! -f "$p" ] || [ "$p" -nt "$T" ]; then ${guard}; fi`;
  return [
    `at${index}`,
    ...(first === undefined ? [] : [first]),
    // A process less for each file; what is left behind when it fails, `drop` removes.
    `if [ -n "$staged" ]; then ${check}; exec mv -f "$T" "$p"; fi`,
    `trap 'rm -f "$T"' EXIT; trap 'exit 143' HUP INT TERM`,
    `${guard}; prepare${index}; settle "$T" "$p"`,
  ].join('\n');
}
