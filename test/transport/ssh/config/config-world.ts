import type { Checked, Diagnostic } from '../../../../src/model/diagnostic.ts';
import type { ResolvedSshOptions } from '../../../../src/model/resolved-ssh-options.ts';
import type { SshOptions } from '../../../../src/model/ssh-options.ts';
import { type ConfigRoot, type ConfigSource, loadConfig } from '../../../../src/transport/ssh/config/load-config.ts';
import type { LocalMachine } from '../../../../src/transport/ssh/config/local-machine.ts';
import { resolveOptions } from '../../../../src/transport/ssh/config/resolve-options.ts';
import { type RouteStop, resolveRoute } from '../../../../src/transport/ssh/config/route.ts';

const MACHINE: LocalMachine = {
  user: 'me',
  uid: 1000,
  home: '/home/me',
  hostName: 'desk.example.com',
  homeOf: (user) => (user === 'me' ? '/home/me' : null),
  env: () => undefined,
};

const ROOTS: Readonly<Record<'-F' | 'both', readonly ConfigRoot[]>> = {
  '-F': [{ path: '/c', scope: 'user', isRequired: true }],
  both: [
    { path: '/home/me/.ssh/config', scope: 'user', isRequired: false },
    { path: '/etc/ssh/ssh_config', scope: 'system', isRequired: false },
  ],
};

type Files = Readonly<Record<string, string>> | ConfigSource;

/** Files in memory, by path. */
export function tree(files: Readonly<Record<string, string>>): ConfigSource {
  return {
    read: (path) => (files[path] === undefined ? null : { text: files[path] }),
    list: (folder) =>
      Object.keys(files).flatMap((path) => (path.startsWith(`${folder}/`) ? path.slice(folder.length + 1).split('/', 1) : [])),
  };
}

function load(files: Files, roots: keyof typeof ROOTS): ReturnType<typeof loadConfig> {
  return loadConfig(ROOTS[roots], isSource(files) ? files : tree(files), MACHINE);
}

function isSource(files: Files): files is ConfigSource {
  return typeof files.read === 'function';
}

/** What `-F /c` (or the user's and the system's file) make of a host. */
export function ask(
  files: Files,
  host: string,
  given: SshOptions = {},
  roots: keyof typeof ROOTS = '-F',
): { readonly options: ResolvedSshOptions; readonly problems: readonly Diagnostic[] } {
  const config = load(files, roots);
  const { value, problems } = resolveOptions(config.value, { host, given, machine: MACHINE });
  return { options: value, problems: [...config.problems, ...problems] };
}

export function route(files: Files, host: string, given: SshOptions = {}): Checked<readonly RouteStop[]> {
  return resolveRoute(load(files, '-F').value, { host, given, machine: MACHINE });
}
