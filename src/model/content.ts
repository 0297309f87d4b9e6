/** Bytes of a file. `bytes` is null when only the digest is known (not read because it was not needed, or larger than the read limit). */
export interface Content {
  readonly kind: 'content';
  /** SHA-256, lower-case hexadecimal. */
  readonly digest: string;
  /** Length in bytes. */
  readonly size: number;
  readonly bytes: Uint8Array | null;
  /** Only in what is shown or written: it holds a secret, so neither bytes nor digest are there. Default: false. */
  readonly isSecret?: boolean;
}

/** A content of which only the size is known. The digest goes too: a short secret in a content that is known but for it could be found by trying. */
export function withoutBytes({ kind, size }: Content): Content {
  return { kind, size, digest: '', bytes: null, isSecret: true };
}

/** A field's value in a change. null means that the field, or the thing that has it, does not exist. */
export type FieldValue = string | number | boolean | null | readonly string[] | Content;

export function isContent(value: unknown): value is Content {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'content';
}
