import { unknownAlgorithm } from './host-key-algorithms.ts';
import { parseCount, parseFlag, parsePort, parseStrictness, parseTime } from './parse-value.ts';
import { parseProxyJump } from './proxy-jump.ts';

/** What a keyword that drover follows takes. */
export interface SettingRule {
  /** One argument, one or more, or the rest of the line as it is. */
  readonly takes: 'one' | 'several' | 'rest';
  /** Completes the sentence "Port must be …". */
  readonly expected: string;
  isValid(text: string): boolean;
}

/** Something that drover cannot do and that would change what happens if it were ignored. */
export interface Refusal {
  /** Values that ask for nothing. */
  readonly harmless: readonly string[];
  readonly reason: string;
}

const one = (expected: string, isValid: (text: string) => boolean = () => true): SettingRule => ({ takes: 'one', expected, isValid });
const several = (expected: string): SettingRule => ({ takes: 'several', expected, isValid: () => true });
const flag: SettingRule = one('yes or no', (text) => parseFlag(text) !== null);
const time: SettingRule = one('a time such as 30 or 1m30s', (text) => text === 'none' || parseTime(text) !== null);

/** Keywords that drover follows, in lower case. */
export const SETTINGS: ReadonlyMap<string, SettingRule> = new Map([
  ['addressfamily', one('any, inet or inet6', (text) => /^(any|inet|inet6)$/i.test(text))],
  ['bindaddress', one('an address')],
  ['certificatefile', one('a file')],
  ['ciphers', one('a list of ciphers')],
  ['connecttimeout', time],
  ['globalknownhostsfile', several('files')],
  ['hashknownhosts', flag],
  ['hostkeyalgorithms', one('a list of host key algorithms', (text) => unknownAlgorithm(text) === null)],
  ['hostkeyalias', one('a name')],
  ['hostname', one('a name or an address')],
  ['identitiesonly', flag],
  ['identityagent', one('a socket')],
  ['identityfile', one('a file')],
  ['ignoreunknown', one('a list of patterns')],
  ['kexalgorithms', one('a list of key exchange algorithms')],
  ['macs', one('a list of MACs')],
  ['port', one('a number from 1 to 65535', (text) => parsePort(text) !== null)],
  ['proxycommand', { takes: 'rest', expected: 'a command', isValid: () => true }],
  [
    'proxyjump',
    { takes: 'rest', expected: 'a comma list of [user@]host[:port], or none', isValid: (text) => parseProxyJump(text) !== null },
  ],
  ['serveralivecountmax', one('a whole number', (text) => parseCount(text) !== null)],
  ['serveraliveinterval', time],
  ['stricthostkeychecking', one('yes, ask, accept-new or no', (text) => parseStrictness(text) !== null)],
  ['user', one('a login name')],
  ['userknownhostsfile', several('files')],
]);

/** Older names (some of them Debian's) of keywords that drover follows. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['identityfile2', 'identityfile'],
  ['protocolkeepalives', 'serveraliveinterval'],
  ['setuptimeout', 'serveraliveinterval'],
]);

/** Keywords that drover neither follows nor may ignore. */
export const REFUSED: ReadonlyMap<string, Refusal> = new Map([
  ['bindinterface', { harmless: [], reason: 'drover cannot choose the interface that it connects from' }],
  ['canonicalizehostname', { harmless: ['no', 'false', 'none'], reason: 'drover does not look up canonical names' }],
  ['knownhostscommand', { harmless: ['none'], reason: 'drover reads host keys from files only' }],
  ['proxyusefdpass', { harmless: ['no', 'false'], reason: 'drover cannot take over a connection from a ProxyCommand' }],
  ['revokedhostkeys', { harmless: ['none'], reason: 'drover reads revoked keys from known_hosts only (@revoked)' }],
]);

/**
 * Keywords that OpenSSH knows and that are ignored here: they are about terminals, forwarding, sharing connections and the like, or leaving
 * them out makes nothing less safe (ssh_config(5) of OpenSSH 9.2 with Debian's additions, and those that came later).
 */
export const IGNORED: ReadonlySet<string> = new Set(
  `addkeystoagent afstokenpassing batchmode canonicaldomains canonicalizefallbacklocal canonicalizemaxdots canonicalizepermittedcnames
  casignaturealgorithms challengeresponseauthentication channeltimeout checkhostip cipher clearallforwardings compression
  compressionlevel connectionattempts controlmaster controlpath controlpersist dsaauthentication dynamicforward enableescapecommandline
  enablesshkeysign escapechar exitonforwardfailure fallbacktorsh fingerprinthash forkafterauthentication forwardagent forwardx11
  forwardx11timeout forwardx11trusted gatewayports globalknownhostsfile2 gssapiauthentication gssapiclientidentity
  gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns
  hostbasedacceptedalgorithms hostbasedauthentication hostbasedkeytypes ipqos kbdinteractiveauthentication kbdinteractivedevices
  kerberosauthentication kerberostgtpassing keepalive localcommand localforward loglevel logverbose
  nohostauthenticationforlocalhost numberofpasswordprompts obscurekeystroketiming passwordauthentication permitlocalcommand
  permitremoteopen pkcs11provider preferredauthentications protocol pubkeyacceptedalgorithms pubkeyacceptedkeytypes
  pubkeyauthentication refuseconnection rekeylimit remotecommand remoteforward requesttty requiredrsasize rhostsauthentication
  rhostsrsaauthentication rsaauthentication securitykeyprovider sendenv sessiontype setenv skeyauthentication smartcarddevice stdinnull
  streamlocalbindmask streamlocalbindunlink syslogfacility tag tcpkeepalive tisauthentication tunnel tunneldevice updatehostkeys
  useblacklistedkeys useprivilegedport userknownhostsfile2 useroaming usersh verifyhostkeydns versionaddendum visualhostkey warnweakcrypto
  xauthlocation`
    .trim()
    .split(/\s+/),
);

/** All keywords, as nearest names for unknown ones. */
export const KEYWORDS: readonly string[] = ['host', 'match', 'include', ...SETTINGS.keys(), ...REFUSED.keys(), ...IGNORED];
