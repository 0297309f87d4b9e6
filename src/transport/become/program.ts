import type { Become, BecomeMethod } from '../../model/host.ts';

/** A program that gives a command the rights of another user. */
export interface PrivilegeProgram {
  /**
   * `sh` that starts `/bin/sh` with these arguments (text for `sh`) as the user `$4`. `mayAsk`: a password is at hand, and the program is to ask for
   * it by `$5`, where its words can be chosen.
   */
  start(shellArguments: string, mayAsk: boolean): string;
  /** True where it asks at the terminal of its session (/dev/tty) and nowhere else. */
  readonly asksAtTerminal: boolean;
  /** True where it may read standard input although no password is known: it cannot be told not to ask. */
  readonly alwaysAsks: boolean;
  /** What must be so on the host for it to let the login user through. */
  rule(become: Become): string;
}

/**
 * sudo(8), doas(1), su(1). Of su the form in which `-c` stands behind the user: it is su's own option or an argument of the shell, and means the same
 * to util-linux, shadow, coreutils (Red Hat 6) and busybox; behind `--` none of them makes a new session, so that the shell stays in su's process group.
 */
export const PROGRAMS: Readonly<Record<BecomeMethod, PrivilegeProgram>> = {
  sudo: {
    start: (shellArguments, mayAsk) => `sudo ${mayAsk ? '-S -p "$5"' : '-n'} -u "$4" -- /bin/sh ${shellArguments}`,
    asksAtTerminal: false,
    alwaysAsks: false,
    rule: ({ user }) => `sudoers on the host must let the login user run /bin/sh as ${user}`,
  },
  doas: {
    start: (shellArguments, mayAsk) => `doas ${mayAsk ? '' : '-n '}-u "$4" -- /bin/sh ${shellArguments}`,
    asksAtTerminal: true,
    alwaysAsks: false,
    rule: ({ user }) => `doas.conf on the host must permit the login user to run /bin/sh as ${user}`,
  },
  su: {
    start: (shellArguments) => `su -s /bin/sh -- "$4" ${shellArguments}`,
    asksAtTerminal: false,
    alwaysAsks: true,
    rule: ({ user }) => `PAM on the host must let the login user become ${user} by su`,
  },
};
