import { defineRole, file, ini, line, z } from 'drover';

/** Defaults for accounts and shells: the small things that every new host lacks. */
export default defineRole({
  name: 'baseline',
  description: 'Defaults for accounts and login shells: umask, editor, shell of new users',
  platforms: [{ family: 'debian' }],
  params: z.strictObject({
    umask: z
      .string()
      .regex(/^0[0-7]{2}$/, 'must be three octal digits, such as 027')
      .default('027')
      .describe('UMASK of login.defs(5): what new home directories and sessions are created with'),
    editor: z
      .string()
      .regex(/^[\w./-]+$/, 'must be a command name or path')
      .default('vi')
      .describe('EDITOR of login shells'),
    shell: z.string().startsWith('/').default('/bin/bash').describe('Login shell of users made by useradd(8)'),
  }),
  steps: ({ params: { umask, editor, shell } }) => ({
    steps: [
      line({ path: '/etc/login.defs', match: /^UMASK\s/, line: `UMASK\t\t${umask}` }),
      ini({ path: '/etc/default/useradd', key: 'SHELL', value: shell }),
      file({ path: '/etc/profile.d/drover-baseline.sh', content: `export EDITOR=${editor}\n`, mode: '0644' }),
    ],
  }),
});
