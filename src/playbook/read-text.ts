import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { isEmptyNode, nodeKind, type YamlEntry } from '../errors/yaml-entries.ts';
import type { YamlSource } from '../errors/yaml-source.ts';
import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';
import { splitTags } from './tags.ts';

/** A file that is being read and the problems found so far. */
export interface Reading {
  readonly source: YamlSource;
  readonly problems: Diagnostic[];
}

/** Adds a problem at a node. */
export function report(
  { source, problems }: Reading,
  node: Node,
  problem: { code?: DiagnosticCode; message: string; hint?: string | null },
): void {
  problems.push(source.at(node, problem.code ?? 'playbook-shape', problem.message, problem.hint ?? null));
}

/** The text of an entry; null with a problem for anything else. */
export function readText(reading: Reading, entry: YamlEntry): string | null {
  const node = reading.source.resolve(entry.valueNode);
  if (isScalar(node) && typeof node.value === 'string' && node.value !== '') return node.value;
  const found = isScalar(node) && node.value === '' ? 'empty text' : nodeKind(node);
  report(reading, entry.valueNode ?? entry.keyNode, { message: `"${entry.key}" must be text, found ${found}` });
  return null;
}

/** A host pattern, or a list of them that is joined; null with a problem for anything else. */
export function readPattern(reading: Reading, entry: YamlEntry): string | null {
  const node = reading.source.resolve(entry.valueNode);
  if (!isSeq(node)) return readText(reading, entry);
  if (node.items.length > 0) return readNames(reading, entry).join(',') || null;
  report(reading, entry.valueNode ?? entry.keyNode, { message: `"${entry.key}" is an empty list`, hint: 'name hosts or groups' });
  return null;
}

/** Where the value of an entry stands, or its key where there is none, with the source line. */
export function spotOf(
  { source }: Reading,
  entry: YamlEntry | undefined,
): { readonly place: Place | null; readonly source: string | null } {
  const node = source.resolve(entry?.valueNode ?? null) ?? entry?.keyNode;
  if (node === undefined) return { place: null, source: null };
  const place = source.place(node);
  return { place, source: source.line(place.line) };
}

/** A list of text; a single text is split at commas. Anything else is a problem, and empty. */
export function readNames(reading: Reading, entry: YamlEntry): readonly string[] {
  const node = reading.source.resolve(entry.valueNode);
  if (isScalar(node) && typeof node.value === 'string') return splitTags(node.value);
  const value = isSeq(node) ? reading.source.value(node) : null;
  const texts = Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  if (Array.isArray(value) && texts.length === value.length) return texts;
  report(reading, entry.valueNode ?? entry.keyNode, { message: `"${entry.key}" must be text or a list of text, found ${nodeKind(node)}` });
  return [];
}

/** The entries of a mapping; nothing written counts as empty, anything else is a problem, and empty. */
export function readMapping(reading: Reading, entry: YamlEntry): ReturnType<YamlSource['entries']> {
  const node = reading.source.resolve(entry.valueNode);
  if (isEmptyNode(node)) return [];
  if (isMap(node)) return reading.source.entries(node);
  report(reading, entry.valueNode ?? entry.keyNode, {
    message: `"${entry.key}" must be a mapping of names to values, found ${nodeKind(node)}`,
  });
  return [];
}
