import { readFileSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { buildIfStale } from '../lab/built.ts';
import { messageOf } from '../lab/fleet/requirements.ts';
import './hardware.ts';
import { bootHardware, type Hardware } from './vm/boot.ts';
import { hardwareImage } from './vm/image.ts';
import { whyNoHardware } from './vm/requirements.ts';

const log = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * The hardware lab: a virtual machine (two of the same, one for each stream of tests), wholly emulated (QEMU without KVM), with Debian's own kernel, and hosts in it.
 *
 * - `metal` is the machine itself. It has a BMC at I/O port 0xca2 that the kernel is told not to look for (vm/qemu.ts), a TPM 2.0 by swtpm, and disks
 *   under /dev/disk/by-id/virtio-SERIAL: blank, with ext4, with an msdos table, with the label of an LVM physical volume (vm/disks.ts).
 * - `lb1`, `real1`, `real2`, `tun1`, `tun2`, `client` are systemd-nspawn containers in it, each with its own systemd, sshd and network, all sharing the
 *   machine's kernel and so its sit, ip_vs and bridge. `tun2`'s network is ifupdown's, the others' systemd-networkd's. nginx on real1 and real2 answers
 *   with the host's name. All are on one Ethernet, 10.0.2.0/24, without a way out; QEMU forwards a port of 127.0.0.1 to each one's SSH server.
 * - What roles install (vm/image.ts, TO_COME) is not on the hosts but in a folder of real Debian packages, which is their only apt source.
 *
 * The image is built once and cached below /var/cache/drover-lab; what a run writes to it is gone at its end. vm/guard.sh ends the machine when the
 * test process ends, however it ends. While writing tests, keep one running: `node --import tsx test/hardware/vm/hold.ts` prints what to set so that
 * further runs use it, with all that earlier ones left on it. Where the lab cannot run its tests are skipped, unless DROVER_LAB=required.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  buildIfStale();
  const held = process.env.DROVER_HARDWARE_LAB;
  if (held) {
    project.provide('hardware', { kind: 'running', machines: [JSON.parse(readFileSync(held, 'utf8'))] });
    return undefined;
  }
  const image = await findImage();
  if ('path' in image) {
    const labs = await bootBoth(image.path);
    project.provide('hardware', { kind: 'running', machines: labs.map(({ data }) => data) });
    return async () => void (await Promise.all(labs.map((lab) => lab.stop())));
  }
  if (process.env.DROVER_LAB === 'required') throw new Error(`DROVER_LAB=required, but ${image.reason}`);
  log(`hardware tests are skipped: ${image.reason}`);
  project.provide('hardware', { kind: 'none', reason: image.reason });
  return undefined;
}

/** One for each stream of tests: an emulated machine keeps little more than one core busy. */
async function bootBoth(image: string): Promise<readonly Hardware[]> {
  const booted = await Promise.allSettled(['first', 'second'].map((name) => bootHardware(image, (line) => log(`${line} (${name})`))));
  const labs = booted.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failure = booted.find((each) => each.status === 'rejected');
  if (failure === undefined) return labs;
  await Promise.all(labs.map((lab) => lab.stop()));
  throw failure.reason;
}

async function findImage(): Promise<{ readonly path: string } | { readonly reason: string }> {
  const reason = await whyNoHardware();
  if (reason !== null) return { reason };
  try {
    const started = Date.now();
    const path = await hardwareImage();
    log(`hardware lab: the image is there after ${Date.now() - started} ms`);
    return { path };
  } catch (error) {
    return { reason: `the virtual machine's image cannot be built: ${messageOf(error)}` };
  }
}
