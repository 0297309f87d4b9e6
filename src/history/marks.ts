import type { Marks, StepMark } from '../model/history.ts';

/** What is remembered when more becomes known: of each kind what the latest run says, in whatever order they are told. */
export function mergeMarks(known: Marks, more: readonly Marks[]): Marks {
  const merged = new Map(Object.entries(known));
  for (const marks of more) for (const [id, mark] of Object.entries(marks)) merged.set(id, mergeMark(merged.get(id), mark));
  return Object.fromEntries(merged);
}

function mergeMark(known: StepMark | undefined, more: StepMark): StepMark {
  if (known === undefined) return more;
  const ok = later(known.ok, more.ok);
  const set = later(known.set, more.set);
  const trouble = later(known.trouble, more.trouble);
  return { ...(ok === undefined ? {} : { ok }), ...(set === undefined ? {} : { set }), ...(trouble === undefined ? {} : { trouble }) };
}

/** Ids of runs begin with their time. */
function later<T extends { readonly run: string }>(known: T | undefined, more: T | undefined): T | undefined {
  if (known === undefined || more === undefined) return known ?? more;
  return more.run >= known.run ? more : known;
}

/** Without what runs say that are no more. */
export function withoutRuns(marks: Marks, gone: ReadonlySet<string>): Marks {
  return Object.fromEntries(
    Object.entries(marks).flatMap(([id, { ok, set, trouble }]): [string, StepMark][] => {
      const left: StepMark = {
        ...(ok === undefined || gone.has(ok.run) ? {} : { ok }),
        ...(set === undefined || gone.has(set.run) ? {} : { set }),
        ...(trouble === undefined || gone.has(trouble.run) ? {} : { trouble }),
      };
      return Object.keys(left).length === 0 ? [] : [[id, left]];
    }),
  );
}
