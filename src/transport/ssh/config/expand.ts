import type { LocalMachine } from './local-machine.ts';

/** A token that is not known, a variable that is not set, or a user who does not exist. */
export class ExpansionError extends Error {
  override readonly name = 'ExpansionError';
}

/** What tokens such as `%h` stand for, by their letter; `%%` is always a `%`. */
export type Tokens = Readonly<Record<string, string>>;

/** Replaces `~` and `~user` at the beginning of a path; null where there is no such user. */
export function expandTilde(path: string, machine: LocalMachine): string | null {
  if (!path.startsWith('~')) return path;
  const end = path.includes('/') ? path.indexOf('/') : path.length;
  const user = path.slice(1, end);
  const home = user === '' ? machine.home : machine.homeOf(user);
  return home === null ? null : `${home}/${path.slice(end).replace(/^\/+/, '')}`;
}

/** Replaces tokens. Throws ExpansionError for one that is not known here. */
export function expandTokens(text: string, tokens: Tokens): string {
  return text.replaceAll(/%(.?)/gs, (_, letter: string) => token(letter, tokens));
}

/** Replaces `~`, tokens and `${VAR}` of a path. Throws ExpansionError where one of them stands for nothing. */
export function expandPath(path: string, tokens: Tokens, machine: LocalMachine): string {
  const rest = expandTilde(path, machine);
  if (rest === null) throw new ExpansionError(`there is no user "${path.slice(1).split('/', 1)[0]}"`);
  return rest.replaceAll(/%(.?)|\$\{([^}]*)(\}?)/gs, (_, letter?: string, name?: string, close?: string) => {
    if (letter !== undefined) return token(letter, tokens);
    if (close === '') throw new ExpansionError('"${" has no "}"');
    return variable(name ?? '', machine);
  });
}

function token(letter: string, tokens: Tokens): string {
  if (letter === '%') return '%';
  const value = Object.hasOwn(tokens, letter) ? tokens[letter] : undefined;
  if (value !== undefined) return value;
  throw new ExpansionError(
    letter === '' ? 'a "%" at the end is written "%%"' : `"%${letter}" is no token here (a plain "%" is written "%%")`,
  );
}

function variable(name: string, machine: LocalMachine): string {
  const value = machine.env(name);
  if (value === undefined) throw new ExpansionError(`the environment variable ${name} is not set`);
  return value;
}
