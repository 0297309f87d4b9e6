import { createHmac } from 'node:crypto';
import type { DigestKey } from './digest-key.ts';
import { canonical } from './fingerprint.ts';
import { type Content, isContent } from './model/content.ts';
import { type BaseFacts, type FactKind, type FactRef, type FactState, factId } from './model/fact.ts';
import type { Decided, HostStep, PlannedHost } from './model/planned.ts';
import { type Mask, SecretMask } from './saved-plan-mask.ts';

/** What the plan of one host stands on. */
export interface HostBasis {
  /** By privilege level. The steps are made of them. */
  readonly bases: Readonly<Record<string, BaseFacts>>;
  readonly steps: readonly StepPrint[];
  /** Facts that the changes stand on: their fields, as short texts. */
  readonly facts: readonly FactPrint[];
}

/** A step of a host: what it is, and what was decided about it. */
export interface StepPrint {
  /** Of its play or visit. */
  readonly play: number;
  readonly id: string;
  /** Digest of what is wanted, without what is secret in it. */
  readonly wanted: string;
  /** Id of the folder's key, and a digest by it of all that is wanted; null where nothing of it is secret, or there is no key. */
  readonly secret: readonly [key: string, digest: string] | null;
  /** Whether it changes something, and a digest of the whole decision; null for checks, which are made behind all changes, and steps that do not count. */
  readonly decided: readonly [kind: Decided['decision']['kind'], digest: string] | null;
}

/** Field → value, shortened to a digest where it is long. */
export interface FactPrint extends FactRef {
  readonly fields: Readonly<Record<string, string>>;
}

/** How digests are made: with the file's own salt, of masked values. */
export interface Printing {
  readonly salt: string;
  /** Of the folder, for contents that hold a secret; null: it cannot be kept, and these cannot be compared. */
  readonly key: DigestKey | null;
  readonly mask: Mask;
}

/** Notes what a host's plan stands on. */
export function basisOf({ bases, facts, items, decided }: PlannedHost, printing: Printing): HostBasis {
  const changes = decided.filter(({ item, decision }) => decision.kind === 'change' && item.step.fresh !== true);
  const changing = changes.flatMap(({ item }) => item.step.reads);
  const wanted = new Map(changing.map((request): [string, FactRef] => [factId(request), { kind: request.kind, key: request.key }]));
  return {
    bases: Object.fromEntries(bases),
    steps: stepPrints(items, decided, printing),
    facts: [...wanted.values()].flatMap((ref): FactPrint[] => {
      const fields = fieldsOf(ref.kind, facts.get(factId(ref)), printing);
      return fields === null ? [] : [{ kind: ref.kind, key: printing.mask.text(ref.key), fields }];
    }),
  };
}

/** A print of each step, in order. */
export function stepPrints(items: readonly HostStep[], decided: readonly Decided[], printing: Printing): readonly StepPrint[] {
  const decisions = new Map(decided.map((each) => [keyOf(each.item), each]));
  return items.map((item): StepPrint => {
    const found = decisions.get(keyOf(item));
    return {
      play: item.play,
      id: printing.mask.text(item.id),
      ...wantedPrint(item, printing),
      decided: found === undefined || item.step.fresh === true ? null : [found.decision.kind, digest(decisionOf(found), printing)],
    };
  });
}

function wantedPrint(item: HostStep, printing: Printing): Pick<StepPrint, 'wanted' | 'secret'> {
  const { key, mask } = printing;
  const wanted = wantedBy(item);
  const [shown, whole] = [mask.own(item.step), new SecretMask((text) => text)].map((each) => canonical(each.value(wanted)));
  const secret = key === null || whole === undefined || whole === shown ? null : ([key.id, key.digest(whole)] as const);
  return { wanted: digestOf(shown ?? '', printing), secret };
}

/** What a step wants now that it did not want, in words that follow its id; null where that is the same. Secrets are compared where both were seen with one key. */
export function wantsElse(old: StepPrint, now: StepPrint): string | null {
  if (old.wanted !== now.wanted) return 'wants something else';
  const isOther = old.secret?.[0] === now.secret?.[0] && old.secret?.[1] !== now.secret?.[1];
  return isOther ? 'wants another secret' : null;
}

/** Names a step among all of a host. */
export function keyOf({ play, id }: Pick<StepPrint, 'play' | 'id'>): string {
  return `${play} ${id}`;
}

/** What a step wants, without what it was told of contents that it need not read again: those are digests. */
function wantedBy({ part, playName, role, step, handler, notifies, become }: HostStep): unknown {
  const { kind, subject, notify, reads, wants, fresh = false } = step;
  // The same guard of another privilege level is told apart by a number that others' guards decide.
  const asked = reads.map(({ kind: of, key, candidate = false }) => [of, key.replace(/\n# level \d+$/, ''), candidate]);
  return [part, playName, role, handler, notifies, become, kind, subject, notify, asked, wants, fresh];
}

/** A decision with its actions: what is carried out must be the same, too. Before-values are facts, and who notifies a handler other steps, compared as such. */
function decisionOf({ decision }: Decided): unknown {
  switch (decision.kind) {
    case 'change': {
      const { changes, actions, cloud, irreversible } = decision.plan;
      return [changes.map(({ field, after }) => [field, after]), actions, cloud, irreversible];
    }
    case 'refused':
    case 'skipped':
      return [decision.reason];
    // What a check of an ok step printed may differ every time.
    case 'ok':
    case 'idle':
    case 'unknown':
      return [];
  }
}

function digest(value: unknown, printing: Printing): string {
  return digestOf(canonical(printing.mask.value(value)), printing);
}

function digestOf(text: string, { salt }: Printing): string {
  return createHmac('sha256', salt).update(text).digest('base64url').slice(0, 22);
}

/** Fields that say nothing of what a plan stands on: they differ each time one looks, or belong to drover's own connection. */
const PASSING: { readonly [K in FactKind]?: readonly string[] } = {
  service: ['invocation'],
  guard: ['output'],
  ipvs: ['connections'],
  module: ['uses'],
  interface: ['session'],
  route: ['session'],
};

/** Longest value that is kept as it is, in characters. */
const LONGEST = 64;

/** Largest file whose bytes are read (4 MiB): of a larger one the digest is all that is known, and it gives nothing away. */
const LONGEST_READ = 4 * 1024 * 1024;

/** The fields of a fact as short texts; null where it is not known. Contents that were not read because they are as wanted are left out. */
export function fieldsOf(kind: FactKind, state: FactState | undefined, printing: Printing): Readonly<Record<string, string>> | null {
  if (state?.state !== 'known') return null;
  const passing = PASSING[kind] ?? [];
  const all: readonly (readonly [string, unknown])[] = Object.entries(state.value);
  const fields = all.flatMap(([field, value]): [string, string][] => {
    if (value === undefined || passing.includes(field)) return [];
    if (isContent(value)) {
      const isOpen = value.bytes === null && value.size <= LONGEST_READ;
      return isOpen ? [] : [[field, contentText(value, printing)]];
    }
    return [[field, shortText(value, printing)]];
  });
  return Object.fromEntries(fields);
}

/** What stands for a content that cannot be compared. */
export const UNTOLD = 'key ?';

/** A content that holds a secret may hold the one before it as well, which nobody knows: only the key, which is not in the file, makes its digest safe. */
function contentText(content: Content, { key, mask }: Printing): string {
  if (!mask.hides(content)) return `sha256 ${content.digest}`;
  return key === null ? UNTOLD : `key ${key.id} ${key.digest(content.digest)}`;
}

function shortText(value: unknown, printing: Printing): string {
  const shown = printing.mask.value(value);
  const text = typeof shown === 'string' ? shown : (JSON.stringify(shown) ?? '');
  return text.length <= LONGEST && !text.startsWith('#') ? text : `#${digest(value, printing)}`;
}
