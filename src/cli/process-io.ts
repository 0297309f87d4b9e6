import { homedir, userInfo } from 'node:os';
import type { Io } from './io.ts';

/** The streams, environment, folder, user, clock and signals of this process. */
export function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    username: loginName(process.env),
    now: () => performance.now(),
    onSignal: (signal, listener) => {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
  };
}

/** The user database's name; a user without an entry there (containers) goes by `$USER` or the number. */
function loginName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER ?? String(process.getuid?.() ?? 'root');
  }
}
