import type { Walk } from './apart.ts';
import { GroupHoles, showRecord } from './columns.ts';
import type { Hole } from './fold.ts';
import { foldRecords } from './folding.ts';
import { groupBy } from './group-by.ts';
import { ownName } from './tokens.ts';

/** A text of a host, and what it must have in common with those that it is folded with. */
export interface HostText {
  readonly host: string;
  readonly text: string;
  readonly key: string;
}

/** Hosts whose texts are the same but for values of their own. */
export interface FoldedHosts {
  readonly hosts: readonly string[];
  /** With holes as `‹label›`. */
  readonly text: string;
  readonly holes: readonly Hole[];
  /** Index of the first of them in what was folded. */
  readonly first: number;
}

interface Text {
  readonly text: string;
}

const walkText: Walk<Text> = ({ text }, visitor) => ({ text: visitor.text(text) });

/** Folds texts of hosts as steps of reports are: those that differ only in values of their hosts are one. In the order of the first hosts. */
export function foldTexts(texts: readonly HostText[]): readonly FoldedHosts[] {
  const { templates, fillings } = foldRecords(
    texts.map(({ host, text, key }) => ({ record: { text }, name: ownName(host), key })),
    walkText,
  );
  const indices = groupBy([...texts.keys()], (index) => String(fillings[index]?.template));
  return indices.flatMap((own): readonly FoldedHosts[] => {
    const fills = own.flatMap((index) => fillings[index] ?? []);
    const [filling] = fills;
    const template = filling === undefined ? undefined : templates[filling.template];
    if (filling === undefined || template === undefined) return [];
    const hosts = own.map((index) => texts[index]?.host ?? '');
    const holes = new GroupHoles(hosts);
    const { text } = showRecord(template, holes.columnsOf(template, fills), filling, walkText);
    return [{ hosts, text, holes: holes.all, first: own[0] ?? 0 }];
  });
}
