import { readFileSync } from 'node:fs';

/** The first YAML block of a role's README: its example playbook, with some words replaced by a lab's. */
export function readmeExample(role: string, replacements: Readonly<Record<string, string>>): string {
  const text = readFileSync(new URL(`../../roles/${role}/README.md`, import.meta.url), 'utf8');
  const block = /^```yaml\n(.*?)^```$/ms.exec(text)?.[1];
  if (block === undefined) throw new Error(`the README of ${role} has no yaml block`);
  return Object.entries(replacements).reduce((example, [from, to]) => {
    if (!example.includes(from)) throw new Error(`the example of ${role} has no ${from}`);
    return example.replaceAll(from, to);
  }, block);
}
