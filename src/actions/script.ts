import type { ActionEvent, CompiledAction, LockClaim, ProgressTracker } from '../model/ports.ts';
import type { WriteScript } from '../model/transport.ts';
import { quote } from '../shell/quote.ts';
import { lockFunctions } from './lock.ts';
import { PRELUDE } from './prelude.ts';
import { compileGroup, groupsOf } from './stage.ts';

/** Most of an action's output that is kept, in bytes: the end of it. */
const KEPT_OUTPUT = 16 * 1024;

/** File whose existence tells a running write script to stop before its next action. */
export function stopFile(nonce: string): string {
  return `/tmp/.drover-stop-${nonce}`;
}

/** Tells the script with this nonce to stop before its next action. */
export function stopScript(nonce: string): WriteScript {
  return { kind: 'write', text: `umask 077; : >${quote(stopFile(nonce))}\n` };
}

/** Removes the stop file, when the script it was meant for has ended. */
export function clearStopScript(nonce: string): WriteScript {
  return { kind: 'write', text: `rm -f ${quote(stopFile(nonce))}\n` };
}

/** Gives the host back, if this run has it, or an ended one that it goes on with. */
export function releaseScript(claim: LockClaim, nonce: string): WriteScript {
  const inherit = (claim.instead ?? []).length === 0 ? '' : 'say() { :; }; claim; ';
  return { kind: 'write', text: `N=${quote(nonce)}; ${lockFunctions(claim)}${inherit}giveBack\n` };
}

/** One script that takes the host for its run, carries out the actions in order and ends at the first that fails. null: takes nothing. */
export function compileWrite(actions: readonly CompiledAction[], nonce: string, claim: LockClaim | null = null): WriteScript {
  const text = [
    `N=${quote(nonce)}; S=${quote(stopFile(nonce))}`,
    // A report that cannot be delivered means that the link is gone: then nothing more is begun.
    `say() { printf '\\n%s %s\\n' "$N" "$*" || exit 141; }`,
    `begin() { I=$1; if [ -e "$S" ]; then say stopped "$1"; exit 0; fi; say start "$1"; }`,
    `finish() { say end "$1" "$2"; [ "$2" = 0 ] || exit 0; }`,
    PRELUDE,
    // However the script ends: no unfinished file stays, and the host is given back unless a script of this run is to follow.
    `drop() { :; }; leave() { drop; ${claim === null ? '' : '[ -n "$lent" ] || giveBack; '}}; trap leave EXIT; trap 'exit 141' PIPE; trap 'exit 143' HUP INT TERM`,
    ...(claim === null ? [] : [`${lockFunctions(claim)}lent=1; claim; lent=`]),
    ...groupsOf(actions).map(compileGroup),
    ...(claim === null || claim.isLast ? [] : ['lend; lent=1']),
    '',
  ].join('\n');
  return { kind: 'write', text };
}

/** Says where something is missing: what stands behind may be the rest of anything, also of a secret. */
const CUT = Buffer.from('…');

function theEndOf(output: Buffer): Buffer {
  return output.length <= KEPT_OUTPUT ? output : Buffer.concat([CUT, output.subarray(CUT.length - KEPT_OUTPUT)]);
}

/** Turns the pieces of a write script's output into events, however they are cut. */
export class ProgressParser implements ProgressTracker {
  readonly #marker: Buffer;
  readonly #emit: (event: ActionEvent) => void;
  #pending: Buffer = Buffer.alloc(0);
  #output: Buffer = Buffer.alloc(0);

  constructor(nonce: string, emit: (event: ActionEvent) => void) {
    this.#marker = Buffer.from(`\n${nonce} `);
    this.#emit = emit;
  }

  /** Takes the next piece of output. */
  feed(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const at = this.#pending.indexOf(this.#marker);
      if (at === -1) break;
      const end = this.#pending.indexOf(0x0a, at + this.#marker.length);
      if (end === -1) break;
      this.#keep(this.#pending.subarray(0, at));
      this.#report(this.#pending.subarray(at + this.#marker.length, end).toString('latin1'));
      this.#pending = this.#pending.subarray(end + 1);
    }
    this.#keepAllButMarker();
  }

  /** Output of the action that is running now, as far as it was seen. */
  output(): Buffer {
    return theEndOf(Buffer.concat([this.#output, this.#pending]));
  }

  #report(line: string): void {
    const [kind, index, exitCode, ...rest] = line.split(' ');
    const event = { index: Number(index) };
    if (kind === 'start') this.#emit({ kind, ...event });
    else if (kind === 'end') this.#emit({ kind, ...event, exitCode: Number(exitCode), output: this.#output });
    else if (kind === 'stopped') this.#emit({ kind, ...event });
    else if (kind === 'locked') this.#emit({ kind, run: index ?? '', leaseSec: Number(exitCode), owner: rest.join(' ') });
    this.#output = Buffer.alloc(0);
  }

  #keep(piece: Buffer): void {
    this.#output = theEndOf(Buffer.concat([this.#output, piece]));
  }

  /** A marker may be cut in two by the pieces: only what cannot belong to one is moved on. */
  #keepAllButMarker(): void {
    const last = this.#pending.lastIndexOf(0x0a);
    const from = last !== -1 && this.#pending.length - last < 200 ? last : this.#pending.length;
    this.#keep(this.#pending.subarray(0, from));
    this.#pending = this.#pending.subarray(from);
  }
}
