import { z } from 'zod';

export default {
  drover: 'role',
  name: 'motd',
  description: 'Puts a message of the day in place',
  platforms: 'any',
  params: z.object({ text: z.string().default('hello') }),
  steps: () => ({ steps: [] }),
};
