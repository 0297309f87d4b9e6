import type { BaseFacts } from '../model/fact.ts';
import type { Notices } from '../model/notice-fact.ts';
import type { CompiledAction } from '../model/ports.ts';
import { noticeFile } from '../shell/notice.ts';
import { quote } from '../shell/quote.ts';

/** The action with its notifications: in one with the change and in one with the handler, so that a run that dies in between loses neither. */
export function withNotices(compiled: CompiledAction, { keep, forget }: Notices, base: BaseFacts): CompiledAction {
  if (keep.length === 0 && forget.length === 0) return compiled;
  const first = keep.map(({ key, by, run }) => `keep ${quote(noticeFile(key, base))} ${quote(`${run} ${by}`)}`).join('\n');
  const last = forget.map((key) => `rm -f ${quote(noticeFile(key, base))}`).join('\n');
  // A subshell of its own: the action may end by `exec`.
  const script = forget.length === 0 ? compiled.script : `( ${compiled.script}\n)\n${last}`;
  const { staged } = compiled;
  return {
    ...compiled,
    script: first === '' ? script : `${first}\n${script}`,
    staged: staged === undefined || forget.length > 0 ? undefined : { ...staged, first },
  };
}
