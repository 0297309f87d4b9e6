/** Actions on the kernel, its modules, its command line, and disks. */
export type KernelAction =
  | { readonly kind: 'setSysctl'; readonly key: string; readonly value: string }
  | { readonly kind: 'setSysfs'; readonly path: string; readonly value: string }
  /** Labels a blank disk GPT, when it still leads to this device of this size (and serial number), and is still blank. */
  | {
      readonly kind: 'labelDisk';
      readonly disk: string;
      readonly device: string;
      readonly bytes: number;
      readonly serial: string | undefined;
    }
  /** Orders a reboot; whoever carries out the actions waits for the host to come back, at most `deadlineMs`. Always the last of its script. */
  | { readonly kind: 'reboot'; readonly deadlineMs: number }
  | { readonly kind: 'loadModule'; readonly name: string }
  | { readonly kind: 'unloadModule'; readonly name: string }
  /** Makes GRUB's entries anew from its files (`update-grub`). */
  | { readonly kind: 'updateGrub' }
  /** Changes every entry by grubby(8): first parameters are removed by name, then `name=value` or `name` are added. */
  | { readonly kind: 'setKernelArguments'; readonly remove: readonly string[]; readonly add: readonly string[] };
