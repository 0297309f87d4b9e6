/** Actions on kernel modules and the kernel's command line. */
export type KernelAction =
  | { readonly kind: 'loadModule'; readonly name: string }
  | { readonly kind: 'unloadModule'; readonly name: string }
  /** Makes GRUB's entries anew from its files (`update-grub`). */
  | { readonly kind: 'updateGrub' }
  /** Changes every entry by grubby(8): first parameters are removed by name, then `name=value` or `name` are added. */
  | { readonly kind: 'setKernelArguments'; readonly remove: readonly string[]; readonly add: readonly string[] };
