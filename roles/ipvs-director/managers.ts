import { type BaseFacts, command, directory, file, ini, pkg, type Step, service } from 'drover';
import { keepalivedConf } from './keepalived.ts';
import type { DirectorParams } from './parameters.ts';
import { hasServices, ipvsRules, liveTable, noOthers } from './table.ts';

/** ipvsadm: the table now, and the file that it is restored from at boot. */
export function byIpvsadm(params: DirectorParams, facts: BaseFacts): Step[] {
  const rules = { content: ipvsRules(params), mode: '0644' };
  const kept =
    facts.os.family === 'debian'
      ? [
          file({ path: '/etc/ipvsadm.rules', ...rules }),
          // Debian's init script restores nothing by default.
          ini({ path: '/etc/default/ipvsadm', key: 'AUTO', value: 'true', style: 'shell' }),
        ]
      : [file({ path: '/etc/sysconfig/ipvsadm', ...rules, mode: '0600' })];
  return [
    pkg({ name: 'ipvsadm' }),
    retired('keepalived', facts),
    ...kept,
    ...liveTable(params),
    // Only for the next boot: to start it now would empty the table for a moment.
    service({ name: 'ipvsadm', enabled: true }),
  ];
}

/** keepalived: its configuration, tested before it replaces the old one, and the daemon. */
export function byKeepalived(params: DirectorParams, facts: BaseFacts): Step[] {
  return [
    // ipvsadm to look at the table, to drain a server, and to take out what is not keepalived's.
    pkg({ names: ['keepalived', 'ipvsadm'] }),
    retired('ipvsadm', facts),
    directory({ path: '/etc/keepalived' }),
    file({
      path: '/etc/keepalived/keepalived.conf',
      content: keepalivedConf(params),
      mode: '0644',
      validate: ['keepalived', '-t', '-f', '%s'],
      notify: 'reload keepalived',
    }),
    service({ name: 'keepalived', state: 'running', enabled: true }),
  ];
}

/** keepalived neither knows nor minds services that somebody else left in the table. */
export function proofsOfKeepalived(params: DirectorParams): Step[] {
  return [tableOfKeepalived(params), noOthers(params)];
}

/**
 * keepalived does not look whether its services are still in the kernel's table; a restart fills it again. Right after a start or reload it
 * gets some seconds first: a restart would drop connections.
 */
function tableOfKeepalived(params: DirectorParams): Step {
  const check = hasServices(params);
  const wait = (tries: number): string => `n=0; until ${check}; do n=$((n+1)); [ $n -lt ${tries} ] || break; sleep 0.5; done`;
  return command({
    name: 'keepalived’s services are in the kernel’s table',
    command: `${wait(10)}; ${check} || { systemctl restart keepalived; ${wait(60)}; ${check}; }`,
    unless: check,
    affects: [],
  });
}

/** Managers that the role does not know how to take the table from: it would be filled by two. */
export function noOtherManager(): Step {
  const text = `for d in ldirectord pulse; do
  if [ -d /run/systemd/system ]; then systemctl is-active --quiet $d || systemctl is-enabled --quiet $d 2>/dev/null; else ls /etc/rc.d/rc[2345].d/S[0-9][0-9]$d >/dev/null 2>&1; fi || continue
  echo "$d fills the table of virtual services on this host as well: stop and disable it first"; exit 1
done`;
  return command({ name: 'no other manager fills the table', command: text, readOnly: true });
}

/** Only one may own the table. */
function retired(other: 'keepalived' | 'ipvsadm', { init }: BaseFacts): Step {
  const name = `${other} leaves the table alone`;
  if (init === 'systemd') {
    // ipvsadm's unit empties the table when it is stopped.
    const now = other === 'keepalived' ? ['--now'] : [];
    const runs = `systemctl is-enabled --quiet ${other} 2>/dev/null`;
    return command({
      name,
      command: ['systemctl', 'disable', '--quiet', ...now, other],
      onlyIf: other === 'keepalived' ? `${runs} || systemctl is-active --quiet ${other}` : runs,
      ...(other === 'keepalived' ? {} : { affects: [] as const }),
    });
  }
  const starts = `ls /etc/rc.d/rc[2345].d/S[0-9][0-9]${other} >/dev/null 2>&1`;
  return command({ name, command: `chkconfig ${other} off && service ${other} stop`, onlyIf: starts });
}
