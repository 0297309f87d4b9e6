import type { Action, UnitVerb } from '../model/action.ts';
import type { BaseFacts } from '../model/fact.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine, quote } from '../shell/quote.ts';

/** Compiles a verb on a unit, or on the init script of that name where there is no systemd. */
export function unit(action: Extract<Action, { kind: 'unit' }>, base: Pick<BaseFacts, 'init'>): CompiledAction {
  return { summary: `${action.verb} ${action.name}`, script: scriptOf(action, base.init) };
}

/** Makes systemd read its unit files again; nothing elsewhere. */
export function daemonReload(base: Pick<BaseFacts, 'init'>): CompiledAction {
  return { summary: 'reload the unit files', script: base.init === 'systemd' ? 'systemctl daemon-reload' : ':' };
}

function scriptOf({ verb, name }: { verb: UnitVerb; name: string }, init: BaseFacts['init']): string {
  switch (init) {
    case 'systemd':
      return systemd(verb, quote(name));
    case 'openrc':
      return openrc(verb, quote(name.replace(/\.service$/, '')));
    case 'sysv':
      return sysv(verb, quote(name.replace(/\.service$/, '')));
    case 'none':
      return 'die "the host has no init system"';
  }
}

function systemd(verb: UnitVerb, name: string): string {
  const ctl = `systemctl ${verb} -- ${name}`;
  // The journal's last lines say why, where systemctl only says that it failed.
  const why = `systemctl status --no-pager --full --lines=5 -- ${name} || :`;
  switch (verb) {
    case 'start':
    case 'restart':
      return [
        `${ctl} || { ${why}; exit 1; }`,
        `if systemctl is-failed --quiet -- ${name}; then ${why}; die ${name} "failed right after its ${verb}"; fi`,
      ].join('\n');
    case 'reload':
      return `${ctl} || { ${why}; exit 1; }`;
    case 'stop':
      // Many daemons end with a status that systemd takes for a failure; stopped is what was asked for.
      return `${ctl}\nif systemctl is-failed --quiet -- ${name}; then systemctl reset-failed -- ${name}; fi`;
    case 'disable':
      return `${ctl}\ncase $(systemctl is-enabled -- ${name} 2>/dev/null) in *-runtime) systemctl --runtime disable -- ${name};; esac`;
    case 'unmask':
      return `${ctl}\ncase $(systemctl is-enabled -- ${name} 2>/dev/null) in masked-runtime) systemctl --runtime unmask -- ${name};; esac`;
    default:
      return ctl;
  }
}

function openrc(verb: UnitVerb, name: string): string {
  switch (verb) {
    case 'enable':
      return `rc-update add ${name} default`;
    case 'disable':
      return `rc-update --all del ${name}`;
    case 'mask':
    case 'unmask':
      return `die ${quote(`${verb} needs systemd`)}`;
    default:
      return `rc-service ${name} ${verb}`;
  }
}

/** update-rc.d(8) flips existing links only, so they are made first; chkconfig(8) on Red Hat. */
function sysv(verb: UnitVerb, name: string): string {
  const on = verb === 'enable';
  switch (verb) {
    case 'enable':
    case 'disable':
      return [
        `if command -v update-rc.d >/dev/null 2>&1; then update-rc.d ${name} defaults; update-rc.d ${name} ${verb}`,
        `elif command -v chkconfig >/dev/null 2>&1; then chkconfig --add ${name}; chkconfig ${name} ${on ? 'on' : 'off'}`,
        'else die "the host has neither update-rc.d nor chkconfig"; fi',
      ].join('\n');
    case 'mask':
    case 'unmask':
      return `die ${quote(`${verb} needs systemd`)}`;
    default:
      return `if command -v service >/dev/null 2>&1; then ${commandLine(['service'])} ${name} ${verb}; else /etc/init.d/${name} ${verb}; fi`;
  }
}
