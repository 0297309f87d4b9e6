const UNIT_TYPES = /\.(service|socket|timer|mount|automount|target|path|slice|scope|swap|device)$/;

/** The key of a service fact: the unit's name with its type, `.service` where it has none (systemd.unit(5)). */
export function unitName(name: string): string {
  return UNIT_TYPES.test(name) ? name : `${name}.service`;
}
