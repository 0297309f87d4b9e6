import { createHash } from 'node:crypto';
import { type Content, type FieldValue, isContent } from './model/content.ts';
import type { PlannedHost } from './model/planned.ts';
import { Secret } from './model/secret.ts';
import type { Step } from './model/step.ts';

/** Values without what is secret in them, so that neither they nor digests of them give it away. */
export interface Mask {
  /** The value with every text, and every content, free of secrets. */
  value(value: unknown): unknown;
  /** The text, without secrets. */
  text(text: string): string;
  /** True for a content that holds a secret. */
  hides(content: Content): boolean;
  /** A mask that knows nothing of the host, only what the step says is secret: what is wanted looks the same before any host was read. */
  own(step: Step): Mask;
}

/** What stands in place of a digest of something that holds a secret. */
const HIDDEN = '[digest of a secret]';

/**
 * Makes a mask. A digest is a secret too where what it was made of is short: whoever has it tries all values. So the digests of contents that hold
 * a secret go as well, wherever they stand; of which these are a mask `of` a host knows.
 */
export class SecretMask implements Mask {
  readonly #redact: (text: string) => string;
  /** By digest: whether the content itself holds a secret. Shared by the masks of all hosts. */
  readonly #known: Map<string, boolean>;
  /** Digests of contents that are not to be told. */
  readonly #hidden = new Set<string>();
  /** Those of them that are secret as a whole, whatever is known of what stands in them. */
  readonly #whole = new Set<string>();

  constructor(redact: (text: string) => string, known: Map<string, boolean> = new Map()) {
    this.#redact = redact;
    this.#known = known;
  }

  /** A mask that knows of all contents that were read of a host, or are to be written there. */
  of({ facts, decided }: Pick<PlannedHost, 'facts' | 'decided'>): SecretMask {
    const mask = new SecretMask(this.#redact, this.#known);
    for (const state of facts.values()) if (state.state === 'known') mask.#look(state.value);
    for (const { item, decision } of decided) {
      if (item.step.secret === true) mask.#hideAll(item.step.wants.map(({ after }) => after));
      if (decision.kind !== 'change') continue;
      if (item.step.secret === true) mask.#hideAll(decision.plan.changes.flatMap(({ before, after }) => [before, after]));
      mask.#look(decision.plan.predicted);
      for (const { before, after } of decision.plan.changes) mask.#lookAtBoth([before, after].filter(isContent));
    }
    return mask;
  }

  own({ secret, wants }: Step): SecretMask {
    const mask = new SecretMask(this.#redact, this.#known);
    if (secret === true) mask.#hideAll(wants.map(({ after }) => after));
    return mask;
  }

  hides(content: Content): boolean {
    return this.#hidden.has(content.digest);
  }

  /** Contents of steps that say so. */
  #hideAll(values: readonly FieldValue[]): void {
    for (const { digest } of values.filter(isContent)) {
      this.#hidden.add(digest);
      this.#whole.add(digest);
    }
  }

  /** Where one of two contents holds a secret the other may hold the one before it. */
  #lookAtBoth(contents: readonly Content[]): void {
    if (contents.some((content) => this.#holds(content))) for (const { digest } of contents) this.#hidden.add(digest);
  }

  #holds({ digest, bytes }: Content): boolean {
    const known = this.#known.get(digest);
    if (known !== undefined || bytes === null) return known ?? false;
    const holds = this.digestOf(bytes) !== digest;
    this.#known.set(digest, holds);
    return holds;
  }

  text(text: string): string {
    return this.#redact(text);
  }

  value(value: unknown): unknown {
    if (typeof value === 'string') return this.#hidden.has(value) ? HIDDEN : this.#redact(value);
    if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof RegExp) return value;
    if (value instanceof Secret) return '[secret]';
    if (value instanceof Uint8Array) return { sha256: this.#whole.has(sha256(value)) ? HIDDEN : this.digestOf(value) };
    return isContent(value) ? this.#content(value) : this.#parts(value);
  }

  /** By its bytes alone where it has some: what is known of others by then is no matter. */
  #content({ size, digest, bytes }: Content): unknown {
    if (this.#whole.has(digest)) return { size: null, sha256: HIDDEN };
    if (bytes === null) return { size, sha256: this.value(digest) };
    const sha256 = this.digestOf(bytes);
    return { size: sha256 === digest ? size : null, sha256 };
  }

  #parts(value: object): unknown {
    if (Array.isArray(value)) return value.map((each) => this.value(each));
    if (value instanceof Map) return new Map([...value].map(([key, each]) => [this.value(key), this.value(each)]));
    if (value instanceof Set) return new Set([...value].map((each) => this.value(each)));
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [this.#redact(key), this.value(each)]));
  }

  /** SHA-256 of the bytes as they are where they hold no secret: that is the digest which everybody sees. */
  digestOf(bytes: Uint8Array): string {
    const text = Buffer.from(bytes).toString('utf8');
    const shown = this.#redact(text);
    return sha256(shown === text ? bytes : shown);
  }

  #look(value: unknown): void {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    if (isContent(value)) this.#lookAtBoth([value]);
    else for (const each of Object.values(value)) this.#look(each);
  }
}

function sha256(value: string | Uint8Array): string {
  return createHash('sha256').update(value).digest('hex');
}
