const SECRET_NAME = /(?:^|[_.-])(?:password|passwd|passphrase|pass|secret|token)$|[a-z0-9](?:Password|Passphrase|Secret|Token)$/;

/** True for names of vars and parameters whose values must not be shown: those that end in `_password`, `_pass`, `_secret`, `_token` and the like. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) || SECRET_NAME.test(name.toLowerCase());
}

/** A line of YAML with everything after the first key of a secret name replaced by `[secret]`; columns before it stay. */
export function maskSecretLine(line: string): string {
  for (const match of line.matchAll(/(["']?)([\w.-]+)\1(\s*:)(?=\s*\S)/g)) {
    if (!isSecretName(match[2] ?? '')) continue;
    return `${line.slice(0, match.index + match[0].length)} [secret]`;
  }
  return line;
}
