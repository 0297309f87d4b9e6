import { installMissing, messageOf, whyNotThisSystem } from './lab/fleet/requirements.ts';

/** Programs that unit tests try drover's scripts on, and the Debian package that brings each. */
const PROGRAMS: Readonly<Record<string, string>> = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  'ssh-agent': 'openssh-client',
  sudo: 'sudo',
  doas: 'opendoas',
  busybox: 'busybox-static',
  ip: 'iproute2',
  parted: 'parted',
};

/** What drover's inventories are held against; a system that is too old for it does without. */
const ANSIBLE: Readonly<Record<string, string>> = { 'ansible-inventory': 'ansible-core' };

/** What reads reports as their readers do: a browser and an XML schema's judge. */
const READERS: Readonly<Record<string, string>> = { chromium: 'chromium', xmllint: 'libxml2-utils' };

/** Brings what the tests need, as root on Debian. Elsewhere those that miss a program are left out, each with its reason; with DROVER_LAB=required none may be. */
export default async function setup(): Promise<void> {
  const reason = whyNotThisSystem();
  try {
    if (reason === null) for (const programs of [PROGRAMS, ANSIBLE, READERS]) await installMissing(programs);
    else process.stderr.write(`nothing is installed for the tests: ${reason}\n`);
  } catch (error) {
    if (process.env.DROVER_LAB === 'required') throw error;
    process.stderr.write(`packages for the tests cannot be installed: ${messageOf(error)}\n`);
  }
}
