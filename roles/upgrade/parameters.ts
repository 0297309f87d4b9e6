import { z } from 'drover';

/** Parameters of the role. */
export const params = z.strictObject({
  packages: z
    .union([z.literal('all'), z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9+._:-]*$/, 'must be the name of a package')).min(1)], {
      error: 'must be all, or a list of packages',
    })
    .describe(
      'Packages that must be at their newest version, or all: every installed one. Listed ones are installed where they are missing',
    ),
  refreshMinutes: z.int().min(0).max(43_200).default(60).describe('Package lists that are older are fetched anew first; 0: they never are'),
  restart: z
    .array(z.string().regex(/^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*$/, 'must be the name of a service'))
    .default([])
    .describe('Services that are restarted when something was upgraded: a library is only replaced for those that start anew'),
  reboot: z.boolean().default(true).describe('Reboot where the system asks for it and the play allows it (allow: [reboot])'),
});

export type UpgradeParams = z.infer<typeof params>;
