import type { Action, WriteFile } from '../model/action.ts';
import type { Notices } from '../model/notice-fact.ts';
import { type Decided, type HostStep, noticeKey } from '../model/planned.ts';

/** One action of a write script, and the steps it belongs to (more than one where actions were merged). */
export interface Unit {
  readonly steps: readonly string[];
  readonly action: Action;
  readonly notices: Notices;
}

type PackageAction = Extract<Action, { kind: 'packages' }>;

/** The actions of decided steps in order; neighbouring package actions become one transaction, edits of one file one write. */
export function unitsOf(decided: readonly Decided[], run: string): Unit[] {
  const units: Unit[] = [];
  for (const { item, decision } of decided) {
    if (decision.kind !== 'change') continue;
    const keep = item.notifies.map((handler) => ({ key: noticeKey(handler), by: item.id, run }));
    decision.plan.actions.forEach((action, index) => {
      const isLast = index === decision.plan.actions.length - 1;
      const forget = isLast && item.handler !== null && isEndOf(item, decided) ? [noticeKey(item.handler)] : [];
      addUnit(units, { steps: [item.id], action, notices: { keep, forget } });
    });
  }
  return units;
}

/** A handler of several steps is over with the last of them that changes something. */
function isEndOf(item: HostStep, decided: readonly Decided[]): boolean {
  return decided.findLast((each) => each.item.handler === item.handler && each.decision.kind === 'change')?.item === item;
}

function addUnit(units: Unit[], unit: Unit): void {
  const at = partnerOf(unit.action, units);
  const partner = units[at];
  if (partner === undefined) units.push(unit);
  else {
    const notices = {
      keep: [...partner.notices.keep, ...unit.notices.keep],
      forget: [...partner.notices.forget, ...unit.notices.forget],
    };
    units[at] = { steps: [...partner.steps, ...unit.steps], action: merge(partner.action, unit.action), notices };
  }
}

/** Index of the unit that takes the action in; -1 for none. */
function partnerOf(action: Action, units: readonly Unit[]): number {
  if (action.kind === 'packages') return units.at(-1)?.action.kind === 'packages' ? units.length - 1 : -1;
  return action.kind === 'writeFile' ? earlierWrite(action, units) : -1;
}

/** The last write of the same file, if nothing in between could look at the file. */
function earlierWrite(write: WriteFile, units: readonly Unit[]): number {
  const at = units.findLastIndex(({ action }) => !isApart(action, write.path));
  const earlier = units[at]?.action;
  if (earlier?.kind !== 'writeFile' || earlier.path !== write.path) return -1;
  const sameCheck = JSON.stringify(earlier.validate ?? write.validate) === JSON.stringify(write.validate ?? earlier.validate);
  return sameCheck ? at : -1;
}

/** True for actions that only write something else: they neither run programs nor touch the path. */
function isApart(action: Action, path: string): boolean {
  if (action.kind === 'writeFile') return action.path !== path && action.validate === undefined;
  return (action.kind === 'makeDirectory' || action.kind === 'setOwnership') && action.path !== path;
}

function merge(earlier: Action, later: Action): Action {
  if (earlier.kind === 'packages' && later.kind === 'packages') return mergePackages(earlier, later);
  if (earlier.kind === 'writeFile' && later.kind === 'writeFile') return mergeWrites(earlier, later);
  throw new Error(`${earlier.kind} and ${later.kind} cannot be merged`);
}

/** The later content, over the file that the earlier one was planned for. */
function mergeWrites(earlier: WriteFile, later: WriteFile): WriteFile {
  const validate = later.validate ?? earlier.validate;
  return { ...earlier, bytes: later.bytes, ownership: { ...earlier.ownership, ...later.ownership }, validate };
}

/** A package that both install and remove keeps the later wish. */
function mergePackages(a: PackageAction, b: PackageAction): PackageAction {
  const later = new Set([...b.install, ...b.remove, ...b.upgrade]);
  const join = (first: readonly string[], second: readonly string[]): string[] => [...first.filter((name) => !later.has(name)), ...second];
  return { ...a, install: join(a.install, b.install), remove: join(a.remove, b.remove), upgrade: join(a.upgrade, b.upgrade) };
}
