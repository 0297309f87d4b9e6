import { StepArgumentError } from './step.ts';

/** Settings by section; a list gives the setting several times (an empty text first empties what came before it). */
export type UnitSections = Readonly<Record<string, Readonly<Record<string, UnitValue | readonly UnitValue[]>>>>;

type UnitValue = string | number | boolean;

/** A unit file from sections (systemd.syntax(7)); true and false are written `yes` and `no`. Throws StepArgumentError for what cannot be written. */
export function renderUnit(sections: UnitSections): string {
  const parts = Object.entries(sections).map(([section, settings]) => {
    if (!/^[A-Za-z0-9-]+$/.test(section))
      throw new StepArgumentError(`systemdUnit: ${JSON.stringify(section)} is not the name of a section`);
    const lines = Object.entries(settings).flatMap(([key, value]) => [value].flat().map((each) => setting(key, each)));
    return [`[${section}]`, ...lines, ''].join('\n');
  });
  return parts.join('\n');
}

function setting(key: string, value: UnitValue): string {
  if (!/^[A-Za-z0-9-]+$/.test(key)) throw new StepArgumentError(`systemdUnit: ${JSON.stringify(key)} is not the name of a setting`);
  const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
  if (/[\n\0]/.test(text) || text.endsWith('\\')) {
    throw new StepArgumentError(`systemdUnit: the value of ${key} must be one line that does not end in a backslash`);
  }
  return `${key}=${text}`;
}

/** What a unit file alone decides of its service fact; undefined where it does not say. */
export interface UnitTraits {
  /** UnitFileState while it is not enabled. */
  readonly unlinked: 'disabled' | 'indirect' | 'static';
  readonly type: string | undefined;
  readonly remainAfterExit: boolean | undefined;
}

/** Reads the traits from a unit file's text. */
export function unitTraits(text: string): UnitTraits {
  const settings = new Map<string, string>();
  let section = '';
  for (const line of text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((each) => each.trim())) {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
    const match = /^([A-Za-z0-9-]+)\s*=\s*(.*)$/.exec(line);
    if (match !== null) settings.set(`${section}.${match[1] ?? ''}`, match[2] ?? '');
  }
  const has = (key: string): boolean => (settings.get(`Install.${key}`) ?? '') !== '';
  const remain = settings.get('Service.RemainAfterExit');
  return {
    unlinked: ['WantedBy', 'RequiredBy', 'UpheldBy', 'Alias'].some(has) ? 'disabled' : has('Also') ? 'indirect' : 'static',
    type: settings.get('Service.Type'),
    remainAfterExit: remain === undefined ? undefined : /^(1|yes|y|true|t|on)$/i.test(remain),
  };
}
