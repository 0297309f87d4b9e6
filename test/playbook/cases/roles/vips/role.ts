import { z } from 'zod';
import { defineRole } from '../../../../../src/playbook/define.ts';

export default defineRole({
  name: 'vips',
  description: 'Puts service addresses on an interface',
  platforms: 'any',
  params: z.object({
    interface: z.string().describe('Where the addresses go'),
    mode: z.enum(['active', 'passive']).default('active').describe('Whether this host answers'),
    vips: z.array(z.object({ address: z.ipv4(), port: z.int().min(1).max(65535).optional() })).min(1),
    db_password: z.string().optional(),
  }),
  steps: () => ({ steps: [] }),
});
