import { block, command, defineRole, directory, ini, pkg, postfixSetting, type Step, service, user, verify } from 'drover';
import { asks, canOpen, configured, lint, MASTER_RUNS, owned, runs } from './checks.ts';
import { type Daemon, type Layout, layoutOf } from './layout.ts';
import { el5Steps } from './legacy.ts';
import { type Params, params } from './params.ts';
import { localSettings, milterFlags, requiredScore, scoreLines, spamdFlags } from './settings.ts';
import { socketProblem, spellings } from './socket.ts';
import { milterUnit, milterWords, spamdUnit } from './units.ts';

/** SpamAssassin during SMTP: spamass-milter between Postfix and spamd. */
export default defineRole({
  name: 'spamass-milter',
  description: 'Spam is rejected during SMTP: Postfix asks SpamAssassin through spamass-milter, with one score for both',
  platforms: [
    { family: 'debian', minVersion: 11, init: 'systemd' },
    { family: 'redhat', minVersion: 8, init: 'systemd' },
    { family: 'redhat', minVersion: 5, maxVersion: 6 },
  ],
  params,
  steps({ params: given, facts }) {
    const layout = layoutOf(facts);
    const problem = unsuitable(given, layout);
    if (problem !== null) return { refused: problem };
    const socket = given.socket ?? layout.milter.socket;
    return {
      // Postfix is told of the milter last: with a milter that it cannot open it turns all mail away.
      steps: [
        // Debian's milter is started when it is installed, and gives its socket to an account that only Postfix's installation makes.
        pkg({ name: 'postfix' }),
        ...postfixRuns(layout),
        pkg({ names: layout.packages }),
        ...accounts(given, layout),
        ...localConfig(given, layout),
        ...spamd(given, layout),
        ...milter(given, layout, socket),
        ...postfix(given, layout, socket),
      ],
      handlers: { 'reload postfix': service({ name: 'postfix', state: 'reloaded' }) },
    };
  },
});

/** Why these parameters cannot be had on this platform; null when they can. */
function unsuitable({ socket, rejectText = '' }: Params, layout: Layout): string | null {
  const { kind } = layout;
  const problem = socket === undefined ? null : socketProblem(socket, layout);
  if (problem !== null) return problem;
  if (kind === 'el5' && rejectText !== '') return 'the milter of CentOS 5 has no option for rejectText';
  if (kind !== 'redhat' && rejectText.includes(' ')) {
    return 'rejectText has spaces: the init script parts the options at them, and knows no quotes; write it without, such as a URL';
  }
  return null;
}

/** Debian's packages make both accounts, EPEL's the milter's. */
function accounts({ spamdUser }: Params, layout: Layout): Step[] {
  const { kind, spamd: daemon } = layout;
  const name = spamdUser ?? daemon.account;
  if (kind === 'el5') return el5Steps(layout, name);
  if (kind === 'debian' && name === daemon.account) return [];
  return [user({ name, system: true, home: `/var/lib/${name}`, createHome: true })];
}

function localConfig(given: Params, { siteConfig }: Layout): Step[] {
  const path = `${siteConfig}/local.cf`;
  const validate = lint(siteConfig);
  const lines = scoreLines(given);
  const scores = { path, name: 'scores of rules', validate };
  return [
    ...Object.entries(localSettings(given)).map(([key, value]) => ini({ path, key, value, separator: ' ', validate })),
    // An older name of required_score, which would count where it comes later (Mail::SpamAssassin::Conf(3)).
    ini({ path, key: 'required_hits', separator: ' ', state: 'absent', validate }),
    lines.length === 0 ? block({ ...scores, state: 'absent' }) : block({ ...scores, block: `${lines.join('\n')}\n` }),
  ];
}

function spamd(given: Params, layout: Layout): Step[] {
  const { kind, siteConfig, spamd: daemon } = layout;
  const account = given.spamdUser ?? daemon.account;
  const flags = spamdFlags(given, layout, account);
  const byUnit = kind === 'debian' || kind === 'redhat';
  const settings = Object.entries(localSettings(given)).map(([key, value]) => `${key} ${value}`);
  return [
    ...(byUnit ? unitSteps(daemon, spamdUnit(layout, account)) : []),
    setting(daemon, flags),
    restarted(
      layout,
      daemon,
      runs(
        byUnit
          ? { pid: daemon.pid, user: account, parts: [`--pidfile=/run/spamd/spamd.pid ${flags} END`] }
          : { pid: daemon.pid, user: '', parts: [`${flags} `] },
        configured({
          config: `${siteConfig}/local.cf`,
          score: requiredScore(given),
          since: byUnit ? '/run/spamd/spamd.pid' : '/var/run/spamd.pid',
          lines: [...settings, ...scoreLines(given)],
        }),
      ),
    ),
    service({ name: daemon.unit, state: 'running', enabled: true }),
  ];
}

function milter(given: Params, layout: Layout, socket: string): Step[] {
  const { kind, milter: daemon } = layout;
  const flags = milterFlags(given, layout);
  // systemd parts the variable at spaces, but honours quotes (systemd.service(5)).
  const text = kind === 'redhat' && given.rejectText?.includes(' ') ? `'${given.rejectText}'` : given.rejectText;
  const ownership = kind === 'debian' || kind === 'el5' ? 'postfix:postfix 660' : `${daemon.account}:postfix 660`;
  const parts = {
    debian: [`-p ${socket} ${flags} END`],
    redhat: [`${milterWords(socket)} ${flags} END`],
    el6: [`-p ${socket} `, `${flags} `],
    el5: [`-p ${socket} `, `${flags} `],
  }[kind];
  return [
    ...(kind === 'redhat' ? unitSteps(daemon, milterUnit(layout, socket)) : []),
    setting(daemon, milterFlags(given, layout, text)),
    ...socketSettings(layout, socket),
    restarted(layout, daemon, runs({ pid: daemon.pid, user: daemon.account, parts }, owned(socket, ownership))),
    service({ name: daemon.unit, state: 'running', enabled: true }),
  ];
}

function socketSettings({ kind, milter: { settings: path, account } }: Layout, socket: string): Step[] {
  const of = (key: string, value: string): Step => ini({ path, key, value, style: 'shell' });
  if (kind === 'redhat') return [];
  if (kind !== 'debian') return [of('SOCKET', socket)];
  return [
    of('SOCKET', socket),
    of('SOCKETOWNER', 'postfix:postfix'),
    of('SOCKETMODE', '0660'),
    directory({ path: socket.slice(0, socket.lastIndexOf('/')), owner: account, group: 'root', mode: '0755' }),
  ];
}

function postfixRuns({ kind }: Layout): Step[] {
  return [
    command({ name: 'Postfix runs', command: restartOf(kind, 'postfix.service'), unless: MASTER_RUNS }),
    service({ name: 'postfix', state: 'running', enabled: true }),
  ];
}

function postfix(given: Params, { kind, milter: { socket: standard } }: Layout, socket: string): Step[] {
  const [words = '', ...others] = spellings(socket, kind);
  const notify = 'reload postfix';
  // A gate, as verify is none: where the check fails as an action nothing behind it is begun.
  const gate = (name: string, check: readonly string[]): Step => command({ name, command: check, unless: check, affects: [] });
  return [
    gate('Postfix can open the socket', canOpen(socket, words)),
    gate('master.cf leaves the milters to main.cf', asks(words)),
    postfixSetting({ parameter: 'milter_default_action', value: given.milterDefaultAction, notify }),
    postfixSetting({ parameter: 'smtpd_milters', includes: words, notify }),
    ...[...others, ...(socket === standard ? [] : spellings(standard, kind))].map((excludes) =>
      postfixSetting({ parameter: 'smtpd_milters', excludes, notify }),
    ),
  ];
}

function setting({ settings: path, variable: key }: Daemon, value: string): Step {
  return ini({ path, key, value, style: 'shell' });
}

/** The daemon's drop-in, known to systemd. The proof also parts it from the restart: between the two drover reads what systemd made of the unit. */
function unitSteps({ unit }: Daemon, dropIn: Step): Step[] {
  const isRead = `systemctl show -p NeedDaemonReload ${unit} | grep -qx NeedDaemonReload=no`;
  return [
    command({ name: `systemd reads ${unit} anew`, command: ['systemctl', 'daemon-reload'], unless: isRead }),
    dropIn,
    verify({ name: `systemd has read ${unit}`, command: isRead }),
  ];
}

/** A restart now, not by a handler: Postfix may be told of a milter only when it runs as it shall. */
function restarted({ kind }: Layout, { unit }: Daemon, unless: readonly string[]): Step {
  return command({ name: `${unit} runs as configured`, command: restartOf(kind, unit), unless });
}

function restartOf(kind: Layout['kind'], unit: string): readonly string[] {
  if (kind === 'debian' || kind === 'redhat') return ['systemctl', 'restart', unit];
  return ['service', unit.replace('.service', ''), 'restart'];
}
