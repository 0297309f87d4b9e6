import type { Platform, Role } from '../model/role.ts';
import { columns, wrap } from './layout.ts';
import { type ColourLevel, createStyle } from './style.ts';
import { visible } from './visible.ts';

/** A parameter of a role. */
interface RoleParameter {
  readonly name: string;
  readonly type: string;
  /** As JSON; null where there is none. */
  readonly default: string | null;
  readonly required: boolean;
  readonly meaning: string;
}

/** A role with its parameters, and the file it comes from. */
export interface RoleDescription {
  readonly role: Pick<Role, 'name' | 'description' | 'platforms'>;
  readonly file: string;
  readonly parameters: readonly RoleParameter[];
}

/** How roles are written. */
export interface RolesOptions {
  readonly colours: ColourLevel;
  readonly width: number;
}

/** Roles by name, each with its description; final newline. */
export function renderRoles(roles: readonly Pick<Role, 'name' | 'description'>[], { colours, width }: RolesOptions): string {
  if (roles.length === 0) return 'no roles\n';
  const style = createStyle(colours);
  const names = Math.max(...roles.map(({ name }) => columns(visible(name))));
  const lines = roles.flatMap(({ name, description }) => {
    const [first = '', ...rest] = wrap(visible(description), { width: Math.max(80, width) - names - 2, hang: '' });
    return [`${style.heading(visible(name).padEnd(names))}  ${first}`, ...rest.map((line) => ' '.repeat(names + 2) + line)];
  });
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** One role: description, file, platforms, and each parameter with its type, default and meaning; final newline. */
export function renderRole({ role, file, parameters }: RoleDescription, { colours, width }: RolesOptions): string {
  const style = createStyle(colours);
  const columnsWide = Math.max(80, width);
  const head = [
    ...wrap(`${visible(role.name)}: ${visible(role.description)}`, { width: columnsWide, hang: '  ' }).map((line) => style.heading(line)),
    `${style.quiet('file'.padEnd(11))}${visible(file)}`,
    `${style.quiet('platforms'.padEnd(11))}${role.platforms === 'any' ? 'any' : role.platforms.map(platformWords).join('; ')}`,
  ];
  const rows = parameters.flatMap((parameter) => [
    `  ${style.heading(visible(parameter.name))}  ${style.quiet(facets(parameter))}`,
    ...(parameter.meaning === '' ? [] : wrap(`      ${visible(parameter.meaning)}`, { width: columnsWide, hang: '      ' })),
  ]);
  return `${[...head, '', ...(rows.length === 0 ? ['no parameters'] : ['parameters:', ...rows])].join('\n')}\n`;
}

function facets({ type, required, default: preset }: RoleParameter): string {
  const need = preset === null ? (required ? ', required' : ', optional') : `, default ${visible(preset)}`;
  return `${visible(type)}${need}`;
}

function platformWords({ family, minVersion, maxVersion, init }: Platform): string {
  const versions = versionWords(minVersion, maxVersion);
  return `${family}${versions === '' ? '' : ` ${versions}`}${init === undefined ? '' : ` with ${init}`}`;
}

function versionWords(min: number | undefined, max: number | undefined): string {
  if (min === undefined) return max === undefined ? '' : `up to ${max}`;
  if (max === undefined) return `${min} and later`;
  return min === max ? String(min) : `${min} to ${max}`;
}
