import { expect, test } from 'vitest';
import { renderDiagnostics } from '../src/errors/render.ts';
import { loadProject } from '../src/project.ts';
import { folderOf } from './inventory/folder.ts';

const ROLE = `import { defineRole, z } from 'drover';
export default defineRole({
  name: 'work',
  description: 'd',
  platforms: 'any',
  params: z.strictObject({ of: z.string(), by: z.string() }),
  steps: () => ({ steps: [] }),
});
`;

test('parameters see group_vars beside the inventory and beside the playbook, and the playbook’s win', async () => {
  const folder = await folderOf({
    'inv/hosts': '[web]\nweb1\n[web:vars]\nowner=file',
    'inv/group_vars/web.yml': 'owner: inventory\ngroup: inventory',
    'play/group_vars/web.yml': 'owner: playbook',
    'play/roles/work.ts': ROLE,
    'play/site.yml': '- hosts: web\n  roles:\n    - { role: work, params: { of: "{{ owner }}", by: "{{ group }}" } }\n',
  });
  const { value, problems } = await loadProject({
    ...{ cwd: folder.path('.'), home: '/home/op', username: 'op', agentSocket: null, hostKeyPolicy: null, becomePassword: null },
    ...{ playbook: folder.path('play/site.yml'), inventory: [folder.path('inv/hosts')], limit: null, tags: [], skipTags: [] },
  });
  expect(renderDiagnostics(problems)).toBe('');
  expect(value?.tasks[0]?.plays[0]?.roles[0]?.params).toEqual({ of: 'playbook', by: 'inventory' });
});
