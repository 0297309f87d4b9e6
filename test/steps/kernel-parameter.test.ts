import { describe, expect, it } from 'vitest';
import type { BaseFacts, FileFact } from '../../src/model/fact.ts';
import type { KernelParameterFact } from '../../src/model/kernel-fact.ts';
import { contentOf } from '../../src/steps/content.ts';
import { type KernelParameterOptions, kernelParameter } from '../../src/steps/kernel-parameter.ts';
import { noPrivateRoot, openPrivateRoot } from '../actions/support/private-root.ts';
import { testBase } from './support/host.ts';
import { type Literals, planOn } from './support/view.ts';

const DROP_IN = '/etc/default/grub.d/50-drover-iommu.cfg';
const owned = { mode: '0644', owner: 'root', group: 'root' };
const dir: FileFact = { type: 'directory', ...owned, mode: '0755' };
const none: FileFact = { type: 'absent' };
const text = (content: string): FileFact => ({ type: 'file', ...owned, content: contentOf(content) });
const base = testBase(false);
const redhat = (version: string): BaseFacts => ({ ...base, os: { ...base.os, family: 'redhat', version } });
const LINE = 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX iommu=pt"\n';

function plan(options: Partial<KernelParameterOptions>, now: Partial<KernelParameterFact>, more: Literals = {}) {
  return planOn(
    kernelParameter({ name: 'iommu', value: 'pt', ...options }),
    {
      'kernelParameter iommu': { loader: 'grub.d', configured: [null], effective: null, ...now },
      [`file ${DROP_IN}`]: none,
      'file /etc/default/grub.d': dir,
      'file /etc/default': dir,
      'file /boot/grub/grub.conf': none,
      'file /boot/grub': dir,
      ...more,
    },
    base,
  );
}

const absent = { state: 'absent', value: undefined } as const;

describe('a kernel parameter on the command line', () => {
  it.each<[string, Partial<KernelParameterOptions>, Partial<KernelParameterFact>, Literals?]>([
    ['in GRUB’s entries and its file', {}, { configured: ['pt'], effective: 'pt' }, { [`file ${DROP_IN}`]: text(LINE) }],
    ['in grubby’s entries', {}, { loader: 'grubby', configured: ['pt'], effective: 'pt' }],
    ['in grub.conf', {}, { loader: 'grub.conf', configured: ['pt'], effective: 'pt' }],
    ['there without a value', { value: undefined }, { loader: 'grubby', configured: [''], effective: '' }],
    ['absent', absent, {}],
  ])('is right when it is %s', (_title, options, now, more) => {
    expect(plan(options, now, more)).toEqual({ result: 'ok' });
  });

  it('is noted where only a reboot makes it effective', () => {
    expect(plan({}, { loader: 'grubby', configured: ['pt'], effective: 'off' })).toEqual({
      result: 'ok',
      note: 'effective after a reboot: the running kernel was booted with iommu=off',
    });
    expect(plan(absent, { effective: 'off' })).toMatchObject({ note: expect.stringContaining('with iommu=off') });
  });

  it('is added by a drop-in of GRUB’s', () => {
    expect(plan({}, {}, { 'file /etc/default/grub.d': none })).toMatchObject({
      changes: expect.arrayContaining([{ field: 'configured', before: null, after: 'pt' }]),
      predicted: [
        { kind: 'kernelParameter', key: 'iommu', value: { loader: 'grub.d', configured: ['pt'], effective: null } },
        { kind: 'file', key: DROP_IN },
      ],
      actions: [{ kind: 'makeDirectory', path: '/etc/default/grub.d' }, { kind: 'writeFile', path: DROP_IN }, { kind: 'updateGrub' }],
    });
  });

  it('is brought into the entries where only the drop-in has it', () => {
    expect(plan({}, {}, { [`file ${DROP_IN}`]: text(LINE) })).toMatchObject({
      changes: [{ field: 'configured', before: null, after: 'pt' }],
      actions: [{ kind: 'updateGrub' }],
    });
  });

  it('is removed with its drop-in', () => {
    const settings = [{ file: DROP_IN, value: 'pt' }];
    expect(plan(absent, { configured: ['pt'], settings }, { [`file ${DROP_IN}`]: text(LINE) })).toMatchObject({
      changes: [
        { field: 'configured', before: 'pt', after: null },
        { field: 'drop-in', before: DROP_IN, after: null },
      ],
      actions: [{ kind: 'remove', path: DROP_IN }, { kind: 'updateGrub' }],
    });
    expect(plan(absent, { loader: 'grubby', configured: ['pt', null] })).toMatchObject({
      actions: [{ kind: 'setKernelArguments', remove: ['iommu'], add: [] }],
    });
  });

  it.each<[string, Partial<KernelParameterOptions>, string, string]>([
    ['adds it', {}, '\tkernel /vmlinuz ro root=/dev/sda1', '\tkernel /vmlinuz ro root=/dev/sda1 iommu=pt'],
    ['changes it', {}, ' kernel /vmlinuz ro iommu=off quiet', ' kernel /vmlinuz ro quiet iommu=pt'],
    ['makes it one', {}, 'kernel /vmlinuz iommu=pt\tiommu=off iommu', 'kernel /vmlinuz iommu=pt'],
    ['removes it', absent, 'kernel /vmlinuz ro iommu=off quiet ', 'kernel /vmlinuz ro quiet'],
  ])('%s in every kernel line of grub.conf', (_title, options, before, after) => {
    const file = (line: string): string => `default=0\ntitle iommu\n\troot (hd0,0)\n${line}\n\tinitrd /initrd iommu=x\n`;
    expect(plan(options, { loader: 'grub.conf', configured: ['off'] }, { 'file /boot/grub/grub.conf': text(file(before)) })).toMatchObject({
      actions: [{ kind: 'writeFile', path: '/boot/grub/grub.conf', bytes: Uint8Array.from(Buffer.from(file(after))) }],
    });
  });

  it('is refused where no boot loader is known, and where another file of GRUB sets it', () => {
    expect(plan({}, { loader: 'none', configured: [] })).toEqual({
      result: 'refused',
      reason: "no boot loader that drover knows keeps the kernel's command line of this host",
    });
    expect(plan({}, { loader: 'grubby', configured: [] })).toEqual({
      result: 'refused',
      reason: 'grubby --info=ALL shows no boot entry of this system',
    });
    expect(plan({}, { settings: [{ file: '/etc/default/grub', value: 'off' }] })).toEqual({
      result: 'refused',
      reason: '/etc/default/grub sets iommu=off as well; remove it there',
    });
    expect(plan({}, { configured: ['pt'], settings: [{ file: '/etc/default/grub', value: 'pt' }] }).result).toBe('change');
  });

  it.each<[object, string]>([
    [{ name: '' }, 'kernelParameter: "" is no name of a kernel parameter, such as quiet or ipmi_si.ports'],
    [{ name: 'a=b' }, 'is no name'],
    [{ name: '-x' }, 'is no name'],
    [{ name: 'ï' }, 'is no name'],
    [{ value: 'a b' }, 'kernelParameter: value "a b" of iommu must be made of letters, digits and _.,:=/@%+-'],
    [{ value: "'$(id)`" }, 'must be made of letters'],
    [{ value: 'a\nb' }, 'must be made of letters'],
    [{ state: 'gone' }, 'gone'],
    [{ state: 'absent' }, 'iommu shall be absent, so it takes no value'],
  ])('does not take %j', (options, message) => {
    expect(() => kernelParameter({ name: 'iommu', value: 'pt', ...options } as KernelParameterOptions)).toThrow(message);
  });
});

const PROC = `mount -t tmpfs tmpfs /proc; printf 'root=/dev/vda ro\\n' >/proc/cmdline; rm -rf /boot/grub /etc/default/grub /etc/default/grub.d; mkdir -p /boot/grub`;
/** An update-grub that makes entries of the files as grub-mkconfig does: /etc/default/grub, then grub.d. */
const UPDATE_GRUB = `
echo 'GRUB_CMDLINE_LINUX="quiet"' >/etc/default/grub
cat >/usr/local/sbin/update-grub <<'END'
#!/bin/sh
. /etc/default/grub
for f in /etc/default/grub.d/*.cfg; do [ ! -e "$f" ] || . "$f"; done
printf 'menuentry 1 {\\n\\tlinux /vmlinuz root=/dev/vda ro %s\\n}\\n' "$GRUB_CMDLINE_LINUX" >/boot/grub/grub.cfg
END
chmod 755 /usr/local/sbin/update-grub; update-grub`;
/** A grubby with one entry, kept in a file. */
const GRUBBY = `
echo 'ro quiet iommu=off' >/boot/args
cat >/usr/local/sbin/grubby <<'END'
#!/bin/sh
read -r args </boot/args
for o; do case $o in
  --info=ALL) printf 'index=0\\nargs="%s"\\n' "$args";;
  --args=*) args="$args \${o#--args=}";;
  --remove-args=*) args=$(echo "$args" | sed "s/ *\${o#--remove-args=}=[^ ]*//");;
esac; done
echo "$args" >/boot/args
END
chmod 755 /usr/local/sbin/grubby`;

describe.skipIf(noPrivateRoot !== null)('a kernel parameter, carried out', () => {
  it.each<[string, string, BaseFacts, string]>([
    ['by update-grub', UPDATE_GRUB, base, 'grep -c iommu=pt /boot/grub/grub.cfg'],
    ['by grubby', GRUBBY, redhat('9.4'), 'grep -cx "ro quiet iommu=pt" /boot/args'],
    [
      'in grub.conf',
      "printf 'kernel /vmlinuz ro iommu=off\\n' >/boot/grub/grub.conf",
      redhat('5.11'),
      'grep -cx "kernel /vmlinuz ro iommu=pt" /boot/grub/grub.conf',
    ],
  ])('is changed %s, and a second time there is nothing to do', async (_title, setUp, on, look) => {
    const root = await openPrivateRoot();
    try {
      expect(root.sh(`${PROC}\n${setUp}`)).toMatchObject({ code: 0, stderr: '' });
      const step = kernelParameter({ name: 'iommu', value: 'pt' });
      expect(root.apply(step, on)).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
      expect(root.sh(look).stdout.toString()).toBe('1\n');
      expect(root.apply(step, on).plan).toEqual({ result: 'ok', note: expect.stringContaining('without iommu') });
      const gone = kernelParameter({ name: 'iommu', state: 'absent' });
      expect(root.apply(gone, on)).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
      expect(root.apply(gone, on).plan).toEqual({ result: 'ok' });
    } finally {
      await root.close();
    }
  });
});
