import { join } from 'node:path';
import { diskFile } from './disks.ts';
import { DISKS, type HardwareHost } from './hosts.ts';

const MEMORY_MIB = '2048';

/** Found by DMI, ACPI, platform and PCI tables the driver would work at once; told to look at none of them it finds nothing, as on firmware with wrong tables. */
const BMC_HIDDEN = ['trydmi', 'tryacpi', 'tryplatform', 'trypci'].map((table) => `ipmi_si.${table}=0`);

/**
 * What costs an emulated machine time and makes no difference here (kernel-parameters.txt). QEMU keeps the code that it has translated by its address:
 * where programs and the kernel lie at the same one each time, a new process takes a quarter of the time.
 */
const FRUGAL = [
  ...['norandmaps', 'nokaslr', 'randomize_kstack_offset=off'],
  // Copying with `rep` instructions (X86_FEATURE_REP_GOOD) is slow there: each round of one is looked up anew.
  'clearcpuid=112',
  // Without these every look at the clock is one at an emulated device.
  ...['clocksource=tsc', 'tsc=reliable'],
  ...['quiet', 'mitigations=off', 'audit=0', 'apparmor=0', 'init_on_alloc=0', 'hardened_usercopy=off', 'kfence.sample_interval=0'],
  ...['nowatchdog', 'psi=0', 'cgroup_disable=memory', 'rcupdate.rcu_expedited=1'],
];

const KERNEL_ARGUMENTS = ['root=/dev/vda', 'rw', 'console=ttyS0', ...FRUGAL, 'net.ifnames=0', ...BMC_HIDDEN];

/** The command that runs the virtual machine: emulated wholly, since /dev/kvm is on few machines. Disks are written to for as long as it runs. */
export function qemuCommand(image: string, directory: string, hosts: readonly HardwareHost[]): string[] {
  const forwards = hosts.map((host) => `hostfwd=tcp:${host.address}:${host.port}-${host.inside}:22`);
  return [
    ...[
      'qemu-system-x86_64',
      '-accel',
      'tcg,thread=multi',
      '-cpu',
      'qemu64,-svm',
      '-smp',
      '2',
      '-m',
      MEMORY_MIB,
      '-nodefaults',
      '-display',
      'none',
    ],
    ...['-serial', `file:${join(directory, 'console.log')}`],
    ...['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initrd.img'), '-append', KERNEL_ARGUMENTS.join(' ')],
    // /dev/vda is the first one.
    ...disk(join(image, 'root.raw'), 'ROOT'),
    ...Object.values(DISKS).flatMap((serial) => disk(diskFile(image, serial), serial)),
    ...['-netdev', `user,id=net0,ipv6=off,restrict=on,${forwards.join(',')}`, '-device', 'virtio-net-pci,netdev=net0,romfile='],
    ...['-device', 'ipmi-bmc-sim,id=bmc0', '-device', 'isa-ipmi-kcs,bmc=bmc0,ioport=0xca2,irq=0'],
    ...['-chardev', `socket,id=tpmsock,path=${join(directory, 'tpm.sock')}`],
    ...['-tpmdev', 'emulator,id=tpm0,chardev=tpmsock', '-device', 'tpm-tis,tpmdev=tpm0'],
  ];
}

/** `snapshot=on`: what is written goes to a temporary file that ends with QEMU. */
function disk(file: string, serial: string): string[] {
  const drive = `if=none,id=${serial},file=${file},format=raw,snapshot=on,cache=unsafe,discard=unmap`;
  return ['-drive', drive, '-device', `virtio-blk-pci,drive=${serial},serial=${serial}`];
}
