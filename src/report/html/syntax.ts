import apache from 'highlight.js/lib/languages/apache';
import bash from 'highlight.js/lib/languages/bash';
import ini from 'highlight.js/lib/languages/ini';
import json from 'highlight.js/lib/languages/json';
import nginx from 'highlight.js/lib/languages/nginx';
import perl from 'highlight.js/lib/languages/perl';
import python from 'highlight.js/lib/languages/python';
import sql from 'highlight.js/lib/languages/sql';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { createLowlight } from 'lowlight';

/** A stretch of a line, from one character to another, that is of one sort. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly sort: string;
}

/** Finds what is what in a line of a file. */
export type Highlight = (line: string) => readonly Range[];

const LANGUAGES = { apache, bash, ini, json, nginx, perl, python, sql, xml, yaml };

type Language = keyof typeof LANGUAGES;

const lowlight = createLowlight(LANGUAGES);

/** Which language the files of a path are written in; the first that fits. All other files are read as settings with comments. */
const PATHS: readonly (readonly [pattern: RegExp, language: Language])[] = [
  [/\.(?:ya?ml)$/, 'yaml'],
  [/\.json$/, 'json'],
  [/\.(?:xml|html?|svg|plist)$/, 'xml'],
  [/\.py$/, 'python'],
  [/\.(?:pl|pm)$/, 'perl'],
  [/\.sql$/, 'sql'],
  [/nginx/, 'nginx'],
  [/apache|httpd/, 'apache'],
  [
    /\.(?:sh|bash)$|\/(?:init\.d|cron[^/]*|profile\.d|default|sysconfig)\/|\/(?:crontab|profile|bashrc|\.bashrc|\.profile|rc\.local)$/,
    'bash',
  ],
];

/** What lines of files of this path are made of. Each line is taken for itself: a diff has not all of them. */
export function highlighterFor(path: string): Highlight {
  const language = PATHS.find(([pattern]) => pattern.test(path))?.[1] ?? 'ini';
  return (line) => {
    // Settings of all sorts begin their comments so; for ini a hash is one only in some places.
    if (language === 'ini' && /^\s*#/.test(line)) return [{ from: 0, to: line.length, sort: 'c' }];
    return ranges(lowlight.highlight(language, line).children, { from: 0, sort: null });
  };
}

/** The library's names of what it found, as few sorts as there are colours. */
const SORTS: { readonly [name: string]: string } = {
  comment: 'c',
  quote: 'c',
  string: 's',
  regexp: 's',
  symbol: 's',
  number: 'n',
  literal: 'n',
  keyword: 'k',
  built_in: 'k',
  section: 'k',
  meta: 'k',
  title: 'a',
  attr: 'a',
  attribute: 'a',
  name: 'a',
  tag: 'a',
  variable: 'v',
  'template-variable': 'v',
  params: 'v',
};

type Nodes = ReturnType<typeof lowlight.highlight>['children'];

interface At {
  readonly from: number;
  readonly sort: string | null;
}

function ranges(nodes: Nodes, { from, sort }: At): readonly Range[] {
  const found: Range[] = [];
  let at = from;
  for (const node of nodes) {
    const to = at + lengthOf([node]);
    if (node.type === 'text' && sort !== null) found.push({ from: at, to, sort });
    if (node.type === 'element') found.push(...ranges(node.children, { from: at, sort: sortOf(node.properties.className) ?? sort }));
    at = to;
  }
  return found;
}

function lengthOf(nodes: Nodes): number {
  return nodes.reduce((sum, node) => {
    if (node.type === 'text') return sum + node.value.length;
    return node.type === 'element' ? sum + lengthOf(node.children) : sum;
  }, 0);
}

function sortOf(className: unknown): string | null {
  const name = Array.isArray(className) ? String(className[0] ?? '').replace(/^hljs-/, '') : '';
  return SORTS[name] ?? null;
}
