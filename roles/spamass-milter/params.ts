import { z } from 'drover';

const account = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, { message: 'this is not the name of an account' })
  .refine((name) => name !== 'root', { message: 'what reads mail from strangers does not run as root' });

const network = z
  .union([z.cidrv4(), z.ipv4()], { error: 'this must be an IPv4 network such as 192.0.2.0/24' })
  .refine((text) => Number(text.split('/')[1] ?? 32) >= 8, {
    message: 'so wide a network would let most of the Internet past the filter; the shortest prefix is /8',
  });

/** Goes unquoted through the init scripts' shell, so nothing that a shell would expand. */
const TEXT = /^[A-Za-z0-9][A-Za-z0-9 .,:;/@+_()=-]*$/;

/** Parameters of the role. */
export const params = z
  .strictObject({
    score: z
      .union([z.int().min(1).max(50), z.literal('sa-flag')], {
        error: 'the score is a whole number from 1 to 50 (the milter cuts off what is behind a point), or sa-flag',
      })
      .default(5)
      .describe(
        'Score from which mail is rejected, in the milter (-r) and as required_score; sa-flag: whatever SpamAssassin calls spam (-r -1)',
      ),
    requiredScore: z
      .number()
      .min(1)
      .max(50)
      .multipleOf(0.1)
      .optional()
      .describe('required_score of SpamAssassin, only with score sa-flag. Default there: 5'),
    ignoreNetworks: z.array(network).default(['127.0.0.1/32']).describe('Networks whose mail is not looked at (-i)'),
    ignoreAuthenticated: z.boolean().default(true).describe('Whether mail of authenticated senders is not looked at'),
    defaultUser: account
      .optional()
      .describe('User that spamd is told where a message has several recipients (-u). Default: the milter’s account'),
    spamdUser: account.optional().describe('Account that spamd runs as; made where it is missing. Default: debian-spamd, on Red Hat spamd'),
    perUserConfig: z.boolean().default(false).describe('Whether spamd reads preferences of users; they must be readable to its account'),
    maxChildren: z.int().min(1).max(64).default(5).describe('Processes of spamd that look at mail; each takes about 80 MB'),
    milterDefaultAction: z
      .enum(['tempfail', 'accept', 'reject'])
      .default('tempfail')
      .describe(
        'What Postfix does with mail while a milter is down: tempfail loses nothing, accept lets spam in. It counts for all milters',
      ),
    socket: z
      .string()
      .regex(/^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/, { message: 'this must be an absolute path of plain letters' })
      .optional()
      .describe('Socket of the milter. Default: /var/spool/postfix/spamass/spamass.sock, on Red Hat /run/spamass-milter/postfix/sock'),
    rejectText: z
      .string()
      .max(120)
      .regex(TEXT, { message: 'the text must be plain letters, digits and .,:;/@+_()=-' })
      .optional()
      .describe('What the sender is told (-R). Default: Blocked by SpamAssassin. Spaces only on Red Hat with systemd'),
    dnsblAsScore: z
      .record(
        z.string().regex(/^[A-Z0-9_]+$/, { message: 'the names of rules are capital letters, digits and _' }),
        z.number().min(-100).max(100),
      )
      .default({})
      .describe('Scores of rules, such as RCVD_IN_XBL: 3.5, in place of rejecting by a DNS list in Postfix'),
    bayesAutolearn: z.boolean().default(false).describe('Whether SpamAssassin trains its Bayes filter on mail that nobody has reviewed'),
    dns: z.boolean().default(true).describe('Whether SpamAssassin may ask DNS (dns_available)'),
  })
  .refine((given) => given.requiredScore === undefined || given.score === 'sa-flag', {
    path: ['requiredScore'],
    message: 'the required score is the score itself, so that the two cannot differ; it goes with score: sa-flag only',
  });

/** Checked parameters. */
export type Params = z.output<typeof params>;
