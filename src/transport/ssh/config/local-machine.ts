import { readFileSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';

/** What tokens, `~` and `${VAR}` of ssh_config(5) stand for on the machine that drover runs on. */
export interface LocalMachine {
  readonly user: string;
  readonly uid: number;
  readonly home: string;
  /** As gethostname(2) has it. */
  readonly hostName: string;
  /** Home of another user, null where there is none of that name. */
  homeOf(user: string): string | null;
  env(name: string): string | undefined;
}

/** The machine and user that this process runs as. */
export function thisMachine(): LocalMachine {
  const { username, uid, homedir: home } = userInfo();
  return { user: username, uid, home: home || homedir(), hostName: hostname(), homeOf: readHome, env: (name) => process.env[name] };
}

function readHome(user: string): string | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${user}:`));
  return line?.split(':')[5] ?? null;
}
