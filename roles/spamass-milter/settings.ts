import type { Layout } from './layout.ts';
import type { Params } from './params.ts';

/** By number: `localhost` is ::1 first, and spamd gives up on a peer whose name it cannot look up, as ::1 on a host without a line for it. */
const LISTEN = '127.0.0.1';

/** required_score of SpamAssassin: the milter's own score, or with sa-flag what it calls spam. */
export function requiredScore({ score, requiredScore: given = 5 }: Params): number {
  return score === 'sa-flag' ? given : score;
}

/** Settings of local.cf that the role states, by key. */
export function localSettings(params: Params): Readonly<Record<string, string>> {
  return {
    required_score: String(requiredScore(params)),
    bayes_auto_learn: params.bayesAutolearn ? '1' : '0',
    dns_available: params.dns ? 'yes' : 'no',
  };
}

/** Lines that give rules their scores; none by default. */
export function scoreLines({ dnsblAsScore }: Params): readonly string[] {
  return Object.entries(dnsblAsScore).map(([rule, score]) => `score ${rule} ${score}`);
}

/** Options of spamd. Where systemd starts it the unit has the account; the parent of `-u` would stay root (spamd(1)). */
export function spamdFlags(params: Params, { kind }: Layout, account: string): string {
  const old = kind === 'el6' || kind === 'el5';
  return [
    ...(old ? ['-d'] : []),
    `-i ${LISTEN} --max-children ${params.maxChildren}`,
    ...(params.perUserConfig ? ['--create-prefs'] : ['--nouser-config']),
    ...(old ? [`-u ${account}`, `-g ${account}`] : []),
  ].join(' ');
}

/** Options of the milter (spamass-milter(1)); the text of -R as one word where it has spaces. */
export function milterFlags(params: Params, { kind, milter }: Layout, text: string | undefined = params.rejectText): string {
  const { score, ignoreNetworks, ignoreAuthenticated, defaultUser = milter.account } = params;
  return [
    `-u ${defaultUser}`,
    ...(ignoreNetworks.length === 0 ? [] : [`-i ${ignoreNetworks.map((each) => each.replace(/\/32$/, '')).join(',')}`]),
    ...(ignoreAuthenticated ? [milter.ignoreAuthenticated] : []),
    `-r ${score === 'sa-flag' ? -1 : score}`,
    ...(kind === 'el6' ? ['-g postfix'] : []),
    ...(text === undefined ? [] : [`-R ${text}`]),
    `-- -d ${LISTEN}`,
  ].join(' ');
}
