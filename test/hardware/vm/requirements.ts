import { installMissing, messageOf, whyNotThisSystem } from '../../lab/fleet/requirements.ts';

/** The programs that build and run the virtual machine, and the Debian package that brings each. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  swtpm: 'swtpm',
  mmdebstrap: 'mmdebstrap',
  'mkfs.ext4': 'e2fsprogs',
  sfdisk: 'fdisk',
  'apt-ftparchive': 'apt-utils',
  'ssh-keygen': 'openssh-client',
  ssh: 'openssh-client',
  setpriv: 'util-linux',
};

/** Why this machine cannot run the hardware lab, in one sentence, or null if it can. As root on Debian it installs the programs that are missing. */
export async function whyNoHardware(): Promise<string | null> {
  const reason = whyNotThisSystem();
  if (reason) return reason;
  if (process.arch !== 'x64') return `the hardware lab emulates a PC with a kernel built for it, and this is ${process.arch}`;
  try {
    await installMissing(PROGRAMS);
    return null;
  } catch (error) {
    return `the hardware lab's packages cannot be installed: ${messageOf(error)}`;
  }
}
