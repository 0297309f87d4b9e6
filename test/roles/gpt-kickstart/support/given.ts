import { type Params, params } from '../../../../roles/gpt-kickstart/params.ts';

export const HASH = '$6$saltsaltsalt$0123456789abcdefghijklmnopqrstuvwxyz./ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijkl';

/** The least that the role must be told. */
export const LEAST = {
  name: 'web',
  release: 'el9',
  disk: { path: '/dev/disk/by-path/pci-0000:02:00.0-scsi-0:2:0:0' },
  source: 'http://192.0.2.1/el/os',
  rootPassword: HASH,
  address: '192.0.2.10',
  allowFrom: ['192.0.2.0/24'],
};

/** Checked parameters: the least, and what a test changes. */
export function given(changes: Readonly<Record<string, unknown>> = {}): Params {
  return params.parse({ ...LEAST, ...changes });
}
