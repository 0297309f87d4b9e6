const SECRET_NAME = /(?:^|[_.-])(?:password|passwd|passphrase|pass|secret|token)$|[a-z0-9](?:Password|Passphrase|Secret|Token)$/;

/** True for names of vars and parameters whose values must not be shown: those that end in `_password`, `_pass`, `_secret`, `_token` and the like. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) || SECRET_NAME.test(name.toLowerCase());
}

/** A line of YAML with everything after the first key of a secret name, or after `!secret`, replaced by `[secret]`; columns before it stay. */
export function maskSecretLine(line: string): string {
  const start = secretStart(line);
  return start === null ? line : `${line.slice(0, start)} [secret]`;
}

/** Lines of YAML with secrets replaced as in one line, and those that go on with one from the line before. */
export function maskSecretLines(lines: readonly string[]): readonly string[] {
  let within: number | null = null;
  return lines.map((line) => {
    if (within !== null && (line.trim() === '' || indentOf(line) > within)) return `${/^\s*/.exec(line)?.[0] ?? ''}[secret]`;
    within = TAGGED.test(line) ? indentOf(line) : null;
    return maskSecretLine(line);
  });
}

/** Where a secret comes from, in braces: shown, but for commands. Anything else in braces may be the secret itself. */
const ENTRY = String.raw`(?:env|file|age|key|identity)\s*:[^,{}]*`;
const ORIGIN = String.raw`\s*(?:&\S+\s+)?\{\s*${ENTRY}(?:,\s*${ENTRY})*\}`;

/** `!secret`, or a tag that may have been meant so, before anything but where a secret comes from. */
const TAGGED = new RegExp(String.raw`(?:^|[\s,[{])!(?:[Ss][A-Za-z]*)(?=\s|$)(?!${ORIGIN})`);

const SOURCED = new RegExp(String.raw`^\s*!secret(?=\s)${ORIGIN}`);

function secretStart(line: string): number | null {
  const tag = TAGGED.exec(line);
  const behind = tag === null ? 0 : tag.index + tag[0].length;
  const tagged = tag === null || line.slice(behind).trim() === '' ? null : behind;
  for (const match of line.matchAll(/(["']?)([\w.-]+)\1(\s*:)(?=\s*\S)/g)) {
    const end = match.index + match[0].length;
    if (tagged !== null && tagged < end) break;
    if (isSecretName(match[2] ?? '') && !SOURCED.test(line.slice(end))) return end;
  }
  return tagged;
}

/** Where a line's value or key begins, behind the dashes of lists. */
function indentOf(line: string): number {
  return /^(?:\s|-\s)*/.exec(line)?.[0].length ?? 0;
}
