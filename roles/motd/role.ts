import { defineRole, file, z } from 'drover';

/** The message of the day: one file, always exactly this text. */
export default defineRole({
  name: 'motd',
  description: 'The message of the day, exactly as given',
  platforms: 'any',
  params: z.strictObject({
    text: z.string().min(1).describe('What people read when they log in; a final newline is added'),
    contact: z.string().optional().describe('Whom to ask; added as a last line'),
    path: z
      .string()
      .regex(/^(\/|~\/)/, 'must be absolute or begin with ~/')
      .default('/etc/motd')
      .describe('Where the message is kept; ~/ is the home of the user that the steps run as'),
  }),
  steps: ({ params: { text, contact, path }, facts }) => ({
    steps: [
      file({
        path: path.replace(/^~/, facts.as.home),
        content: [text.trimEnd(), ...(contact === undefined ? [] : [`Contact: ${contact}`]), ''].join('\n'),
        mode: '0644',
      }),
    ],
  }),
});
