import { diagnose } from '../../../errors/diagnose.ts';
import type { Checked, Diagnostic } from '../../../model/diagnostic.ts';
import { type ConfigFile, type ConfigLine, type Directive, problemAt } from './directive.ts';
import { expandTilde } from './expand.ts';
import { expandGlob } from './glob.ts';
import type { LocalMachine } from './local-machine.ts';
import { type ParsedConfig, type ParsedDirective, parseConfig } from './parse-config.ts';
import type { ConfigWord } from './words.ts';

/** Where configuration files come from. */
export interface ConfigSource {
  /** The text of a file, why it cannot be used, or null where it is missing. Included files must not be writable by others. */
  read(path: string, options: { readonly isIncluded: boolean }): { readonly text: string } | { readonly problem: string } | null;
  /** Names in a folder; none where it is missing or not a folder. */
  list(folder: string): readonly string[];
}

/** A file to begin with. */
export interface ConfigRoot {
  readonly path: string;
  /** Decides where relative Include paths begin: in `~/.ssh` or in `/etc/ssh`. */
  readonly scope: 'user' | 'system';
  /** Whether it is a mistake that the file is missing: true for one that was asked for (`-F`). */
  readonly isRequired: boolean;
}

/** OpenSSH's limit for files that include files. */
const MAX_DEPTH = 16;

/** Reads configuration files and all files that they include, each once. The first file's values win. */
export function loadConfig(roots: readonly ConfigRoot[], source: ConfigSource, machine: LocalMachine): Checked<readonly ConfigFile[]> {
  const loader = new Loader(source, machine);
  const value = roots.flatMap((root) => loader.loadRoot(root));
  return { value, problems: loader.problems };
}

interface Including {
  readonly scope: 'user' | 'system';
  /** Paths of the files from the root to this one. */
  readonly trail: readonly string[];
}

class Loader {
  readonly problems: Diagnostic[] = [];
  readonly #source: ConfigSource;
  readonly #machine: LocalMachine;
  readonly #parsed = new Map<string, ParsedConfig>();

  constructor(source: ConfigSource, machine: LocalMachine) {
    this.#source = source;
    this.#machine = machine;
  }

  loadRoot({ path, scope, isRequired }: ConfigRoot): readonly ConfigFile[] {
    const found = this.#source.read(path, { isIncluded: false });
    if (found === null) {
      if (isRequired) this.problems.push(diagnose('file-missing', `there is no ssh_config file "${path}"`));
      return [];
    }
    if ('problem' in found) {
      this.problems.push(diagnose('file-missing', `ssh_config file "${path}" cannot be read: ${found.problem}`));
      return [];
    }
    return [this.#follow(this.#parse(path, found.text), path, { scope, trail: [path] })];
  }

  #parse(path: string, text: string): ParsedConfig {
    const known = this.#parsed.get(path);
    if (known !== undefined) return known;
    const parsed = parseConfig(text, path);
    this.#parsed.set(path, parsed);
    this.problems.push(...parsed.problems);
    return parsed;
  }

  #follow(parsed: ParsedConfig, path: string, within: Including): ConfigFile {
    const follow = (directive: ParsedDirective): Directive => {
      if (directive.kind !== 'include') return directive;
      return { ...directive, files: directive.line.words.flatMap((word) => this.#include(directive.line, word, within)) };
    };
    return { path, directives: parsed.directives.map(follow) };
  }

  #include(line: ConfigLine, word: ConfigWord, within: Including): readonly ConfigFile[] {
    const pattern = this.#anchor(line, word, within.scope);
    const paths = pattern === null ? [] : expandGlob(pattern, (folder) => this.#source.list(folder));
    return paths.flatMap((path) => this.#includeFile(path, { line, word, within }));
  }

  #anchor(line: ConfigLine, word: ConfigWord, scope: Including['scope']): string | null {
    const { text } = word;
    if (text.startsWith('/')) return text;
    if (!text.startsWith('~')) return scope === 'user' ? `${this.#machine.home}/.ssh/${text}` : `/etc/ssh/${text}`;
    if (scope === 'user') return expandTilde(text, this.#machine);
    this.problems.push(problemAt(line, word, { message: `a system-wide file cannot include "${text}" of a user` }));
    return null;
  }

  #includeFile(path: string, { line, word, within }: { line: ConfigLine; word: ConfigWord; within: Including }): readonly ConfigFile[] {
    const found = this.#source.read(path, { isIncluded: true });
    const why = found === null ? null : this.#whyNot(path, found, within);
    if (why !== null) this.problems.push(problemAt(line, word, { message: why }));
    if (found === null || why !== null || !('text' in found)) return [];
    return [this.#follow(this.#parse(path, found.text), path, { ...within, trail: [...within.trail, path] })];
  }

  #whyNot(path: string, found: { text: string } | { problem: string }, { trail }: Including): string | null {
    if ('problem' in found) return `"${path}" cannot be included: ${found.problem}`;
    if (trail.includes(path)) return `"${path}" includes itself`;
    return trail.length > MAX_DEPTH ? `"${path}" is included more than ${MAX_DEPTH} files deep` : null;
  }
}
