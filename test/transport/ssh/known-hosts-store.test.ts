import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HostKeyCheck } from '../../../src/transport/ssh/host-key-check.ts';
import { KnownHostsStore } from '../../../src/transport/ssh/known-hosts-store.ts';
import { folder, hostWith, routes } from '../world.ts';
import { makeKey, publicKey } from './sshd.ts';

const shownKey = (): Buffer => Buffer.from(publicKey(makeKey(join(folder(), 'key'))).split(' ')[1] ?? '', 'base64');

describe('the known_hosts files of a run', () => {
  it('get a new key with its name hidden where that is asked for, and know it from then on', async () => {
    const [file, key] = [join(folder(), 'known_hosts'), shownKey()];
    const store = new KnownHostsStore();
    expect(await store.record([file], 'web1', key, true)).toEqual({ kind: 'known' });
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|[A-Za-z0-9+/]{27}=\|[A-Za-z0-9+/]{27}= ssh-ed25519 \S+\n$/);
    for (const each of [store, new KnownHostsStore()]) {
      expect(await each.record([file], 'web1', key)).toEqual({ kind: 'known' });
      expect((await each.record([file], 'web1', shownKey())).kind).toBe('changed');
    }
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2);
  });

  it('refuse the plain key of a host whose certificates they trust, and name the transport that can check them', async () => {
    const file = join(folder(), 'known_hosts');
    writeFileSync(file, `# ours\n@cert-authority 127.0.0.* ssh-ed25519 ${shownKey().toString('base64')}\n`);
    const [stop] = routes().routeOf(hostWith({ knownHostsFiles: [file] }).connection).value;
    const check = await HostKeyCheck.load(stop.hostKey, new KnownHostsStore());
    expect(await new Promise((resolve) => check.verify(shownKey(), resolve))).toBe(false);
    expect(check.refusal?.message).toContain(`; ${file}:2 trusts certificates for it`);
    expect(check.refusal?.hint).toContain('transport openssh');
  });
});
