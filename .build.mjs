// Builds dist/: declarations by tsc, code by esbuild. Bundled, because loading some 300 small modules costs more than the run itself:
// `drover plan` on one host takes 0.25 s of CPU instead of 0.4 s.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const tsc = (project) =>
  execFileSync(process.execPath, [here('./node_modules/typescript/bin/tsc'), '-p', here(project)], { stdio: 'inherit' });

/** What would be loaded in every run and is never used: zod's messages in fifty languages, ssh2's server, SFTP and HTTP agents. */
const leaveOut = {
  name: 'leave-out',
  setup({ onLoad }) {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export { default as en } from './en.js';" }));
    onLoad({ filter: /ssh2\/lib\/(server|http-agents|protocol\/SFTP)\.js$/ }, () => ({ contents: 'module.exports = {};' }));
  },
};

rmSync(here('./dist'), { recursive: true, force: true });
tsc('./src');
await build({
  entryPoints: { main: here('./src/cli/main.ts'), index: here('./src/index.ts') },
  outdir: here('./dist'),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  plugins: [leaveOut],
  legalComments: 'linked',
  // esbuild brings a program of its own; the others are optional native parts of ssh2 that it does without.
  external: ['esbuild', 'tsx', 'cpu-features', '*.node'],
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __dirname = import.meta.dirname;",
  },
});
// What a report's page is made of is read when one is made.
const page = here('./src/report/html/page/');
await build({
  entryPoints: readdirSync(page)
    .filter((name) => /\.(?:css|js)$/.test(name))
    .map((name) => page + name),
  outdir: here('./dist/page'),
  minify: true,
  target: 'es2022',
});
tsc('./roles');
