import { isScalar, type ScalarTag, type Tags, visit, YAMLMap, YAMLSeq } from 'yaml';
import type { VarValue } from '../model/host.ts';
import { unsafeText, vaulted } from '../model/kept-value.ts';

/** A scalar that is kept in a form of its own. */
function keptScalar(tag: string, keep: (text: string) => VarValue): ScalarTag {
  return { tag, resolve: keep };
}

/** Marks all text in a list or mapping. */
function markAll<T extends YAMLMap | YAMLSeq>(collection: T): T {
  visit(collection, {
    Scalar: (key, scalar) => {
      if (key !== 'key' && isScalar(scalar) && typeof scalar.value === 'string') scalar.value = unsafeText(scalar.value);
    },
  });
  return collection;
}

/** Tags of Ansible that inventories may use: `!vault` (kept, refused where something uses it) and `!unsafe` (text in which `{{ }}` means nothing). */
export const KEPT_TAGS: Tags = [
  keptScalar('!vault', vaulted),
  keptScalar('!vault-encrypted', vaulted),
  keptScalar('!unsafe', unsafeText),
  { tag: '!unsafe', collection: 'map', nodeClass: YAMLMap, resolve: (value) => (value instanceof YAMLMap ? markAll(value) : value) },
  { tag: '!unsafe', collection: 'seq', nodeClass: YAMLSeq, resolve: (value) => (value instanceof YAMLSeq ? markAll(value) : value) },
];
