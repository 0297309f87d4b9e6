const RUN = /^\d{8}T\d{6}(?:\.\d{3})?Z-[0-9a-f]+$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What stands in these fields when drover itself wrote it. */
const WORDS: Readonly<Record<string, RegExp>> = {
  id: RUN,
  run: RUN,
  undoes: RUN,
  startedAt: TIME,
  finishedAt: TIME,
  mode: /^(?:plan|check|apply)$/,
  interrupted: /^SIG(?:INT|TERM)$/,
  outcome: /^(?:ok|changed|failed|skipped|unreachable)$/,
  progress: /^(?:planned|done|in-doubt|not-started)$/,
  certainty: /^(?:exact|after-apply)$/,
  part: /^(?:once|before|roles|after|gate|undo)$/,
  state: /^(?:planned|done|gate-failed|halted|not-started)$/,
  onFailure: /^(?:putBack|leaveOut)$/,
  onGateFailure: /^(?:halt|undo)$/,
  writer: /^(?:drover|someone-else|unknown)$/,
  schema: /^drover\.[a-z-]+\/\d+$/,
  commit: /^[0-9a-f]{40,64}$/,
};

/** True for what a record cannot do without, and which tells nothing: a secret that is an ordinary word, or digits of a time, is not replaced in it. */
export function isOwnWord(field: string, value: unknown): boolean {
  return typeof value === 'string' && Object.hasOwn(WORDS, field) && WORDS[field]?.test(value) === true;
}
