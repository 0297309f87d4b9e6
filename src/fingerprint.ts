import { createHmac } from 'node:crypto';
import type { HostTask } from './execute/prepare.ts';
import { ALLOWANCES } from './model/allowance.ts';
import type { Become } from './model/host.ts';
import { levelOf } from './model/planned.ts';
import { becomeOfHostRole, type HostPlay, type HostRole } from './model/ports.ts';
import type { RolloutSettings } from './model/rollout.ts';
import type { PlayTask, Visit } from './model/rollout-task.ts';
import { Secret, secretIdentity } from './model/secret.ts';

/** What makes two runs the same: plays, their hosts and settings, their roles, and digests of the parameters. */
export interface Fingerprint {
  /** Random, new for each run: nobody guesses a short value from its digest in many runs at once. */
  readonly salt: string;
  /** Digest of the playbook file's text. */
  readonly text: string;
  readonly plays: readonly PlayPrint[];
}

/** One play of a fingerprint. */
export interface PlayPrint {
  readonly name: string;
  /** Whom its roles become; null: the login user. */
  readonly become: string | null;
  readonly allow: readonly string[];
  readonly rollout: RolloutSettings | null;
  /** By host: its roles in order, those around them included, and the digests of their parameters. */
  readonly hosts: Readonly<Record<string, readonly UsePrint[]>>;
}

/** `nginx`, `nginx (as www)`, or `balancer (before, on lb1)`; and the digest of its parameters. */
export type UsePrint = readonly [role: string, digest: string];

/** A run's work: what a fingerprint is made of. */
export interface Work {
  readonly tasks: readonly HostTask[];
  readonly plays: readonly PlayTask[];
}

/** What a fingerprint is made with, besides the work. */
export interface PrintOptions {
  /** The playbook file's text. */
  readonly text: string;
  readonly salt: string;
  /** Takes out of parameters what is not to be digested. Default: nothing. */
  readonly mask?: (value: unknown) => unknown;
}

/** The fingerprint of a run's work; comparable with another one of the same salt and mask. */
export function fingerprintOf({ tasks, plays }: Work, { text, salt, mask = (value) => value }: PrintOptions): Fingerprint {
  const digest = (value: string): string => createHmac('sha256', salt).update(value).digest('base64url').slice(0, 22);
  const print = (label: string, params: unknown): UsePrint => [label, digest(canonical(mask(params)))];
  return {
    salt,
    text: digest(text),
    plays: plays.map(({ index, name, rollout }): PlayPrint => {
      const own = tasks.flatMap(({ host, plays: all }) =>
        all.filter((play) => play.index === index).map((play) => [host.name, play] as const),
      );
      const first = own[0]?.[1];
      return {
        name,
        become: first === undefined || first.become === null ? null : userOf(first.become),
        allow: ALLOWANCES.filter((word) => first?.allow[word] === true),
        rollout: rollout?.settings ?? null,
        hosts: Object.fromEntries(
          own.map(([host, play]) => [host, usesOf(host, play, rollout).map(([label, params]) => print(label, params))]),
        ),
      };
    }),
  };
}

/** The roles that a host gets in a play, those around them included, with their parameters. */
export function usesOf(host: string, play: HostPlay, rollout: PlayTask['rollout']): readonly (readonly [label: string, params: unknown])[] {
  const visits = rollout?.visits.get(host);
  const around = [...(visits?.once ?? []), ...(visits?.before ?? []), ...(visits?.after ?? []), ...(visits?.gate ?? [])];
  return [
    ...play.roles.map((use) => [labelOf(use, rightsOf(play, use)), use.params] as const),
    ...around.flatMap((visit) =>
      visit.play.roles.map((use) => [labelOf(use, [placeOf(visit, host), ...rightsOf(play, use)]), use.params] as const),
    ),
  ];
}

function labelOf({ role }: HostRole, words: readonly string[]): string {
  return words.length === 0 ? role.name : `${role.name} (${words.join(', ')})`;
}

/** Whom a role becomes, where its use says so and it is not whom the play becomes. */
function rightsOf(play: HostPlay, use: HostRole): readonly string[] {
  const become = becomeOfHostRole(play, use);
  return levelOf(become) === levelOf(play.become) ? [] : [become === null ? 'as the login user' : `as ${userOf(become)}`];
}

function userOf({ user, method }: Become): string {
  return method === 'sudo' ? user : `${user} by ${method}`;
}

function placeOf({ host, play }: Visit, of: string): string {
  return host.name === of ? play.part : `${play.part}, on ${host.name}`;
}

/** A text that is equal for equal values, whatever the order of their keys. A secret counts by its value. */
export function canonical(value: unknown, within: readonly object[] = []): string {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
  if (within.includes(value)) return 'cycle';
  const inner = (part: unknown): string => canonical(part, [...within, value]);
  const listed = (parts: readonly string[]): string => `${value.constructor?.name ?? ''}[${parts.join(',')}]`;
  if (value instanceof Secret) return listed([JSON.stringify(secretIdentity(value))]);
  if (value instanceof Date || value instanceof RegExp) return listed([String(value)]);
  if (value instanceof Uint8Array) return listed([Buffer.from(value).toString('base64')]);
  if (value instanceof Map) return listed([...value].map((entry) => inner(entry)).sort());
  if (value instanceof Set) return listed([...value].map(inner).sort());
  if (Array.isArray(value)) return listed(value.map(inner));
  const fields = Object.entries(value).filter(([, part]) => part !== undefined);
  return listed(fields.map(([key, part]) => `${JSON.stringify(key)}:${inner(part)}`).sort());
}
