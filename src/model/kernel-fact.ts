/** A kernel module; the key is its name with underscores. */
export interface ModuleFact {
  /** `available`: the running kernel has it and it is not loaded; `builtin`: compiled in; `absent`: the running kernel does not have it. */
  readonly state: 'loaded' | 'builtin' | 'available' | 'absent';
  /** Loaded modules that use it, sorted. */
  readonly holders: readonly string[];
  /** Its reference count: by modules, and by what they serve (open devices, mounts). Null where it is not loaded. */
  readonly uses: number | null;
}

/** What modprobe.d(5) says of a module; the key is the module's name with underscores. */
export interface ModuleConfigFact {
  /** Its `options` lines in the order in which they are read: the last one that sets a parameter counts. */
  readonly options: readonly ModuleOptionLine[];
  /** A file that blacklists it, so that it is not loaded at boot; null where none does. */
  readonly blacklistedBy: string | null;
}

/** An `options` line: the file, and the parameters with their values (an empty text where there is no `=`). */
export interface ModuleOptionLine {
  readonly file: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * What keeps the kernel's command line: GRUB 2 with `/etc/default/grub.d` and `update-grub`, grubby(8), GRUB 0.97's
 * `/boot/grub/grub.conf`, or nothing that drover knows.
 */
export type BootLoader = 'grub.d' | 'grubby' | 'grub.conf' | 'none';

/** A parameter of the kernel's command line. A parameter without a value has the empty text, one that is not there null. */
export interface KernelParameterFact {
  readonly loader: BootLoader;
  /** What the boot loader will boot: the distinct values in its entries. Empty where there are none, or the loader is not known. */
  readonly configured: readonly (string | null)[];
  /** What the running kernel was booted with: /proc/cmdline. */
  readonly effective: string | null;
  /** Files that GRUB's entries are made from and that set it (`grub.d` only). */
  readonly settings?: readonly { readonly file: string; readonly value: string }[];
}
