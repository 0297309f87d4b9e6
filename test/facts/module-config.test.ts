import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot, type Tools } from '../actions/support/private-root.ts';
import { testBase } from '../steps/support/host.ts';

const FAKE = `
rm -rf /etc/modprobe.d /usr/lib/modprobe.d; mkdir -p /etc/modprobe.d /usr/lib/modprobe.d
cat >/usr/lib/modprobe.d/b.conf <<'END'
options ipmi_si ports=0xca8
END
cat >/usr/lib/modprobe.d/hidden.conf <<'END'
options ipmi_si type=bt
END
cat >/etc/modprobe.d/hidden.conf <<'END'
# options ipmi_si type=smic
END
cat >/etc/modprobe.d/c.conf <<'END'
  options ipmi-si type=kcs \\
    ports=0xca2 name="two words" trydmi
options ipmi_si_other type=bt
alias x ipmi_si
blacklist tpm
END
echo 'options ipmi_si type=smic' >/etc/modprobe.d/no-conf
echo 'options ipmi_si irqs=5' >/etc/modprobe.conf
`;

describe.skipIf(noPrivateRoot !== null)('what modprobe.d says of modules', () => {
  let root: PrivateRoot;
  beforeAll(async () => {
    root = await openPrivateRoot();
    expect(root.sh(FAKE)).toMatchObject({ code: 0, stderr: '' });
  });
  afterAll(() => root.close());

  it.each<Tools>(['all', 'busybox'])('is read in the order of modprobe.d(5), with %s tools', (tools) => {
    const facts = root.read(
      ['ipmi_si', 'tpm', 'nothing'].map((key) => ({ kind: 'moduleConfig', key })),
      testBase(false),
      tools,
    );
    expect(facts.get('moduleConfig ipmi_si')).toEqual({
      state: 'known',
      value: {
        options: [
          { file: '/usr/lib/modprobe.d/b.conf', parameters: { ports: '0xca8' } },
          { file: '/etc/modprobe.d/c.conf', parameters: { type: 'kcs', ports: '0xca2', name: 'two words', trydmi: '' } },
        ],
        blacklistedBy: null,
      },
    });
    expect(facts.get('moduleConfig tpm')).toMatchObject({ value: { options: [], blacklistedBy: '/etc/modprobe.d/c.conf' } });
    expect(facts.get('moduleConfig nothing')).toMatchObject({ value: { options: [], blacklistedBy: null } });
  });

  it('has old files on Red Hat 5 and 6', () => {
    const base = testBase(false);
    const old = { ...base, os: { ...base.os, family: 'redhat' as const, version: '5.11' } };
    const fact = root.read([{ kind: 'moduleConfig', key: 'ipmi_si' }], old).get('moduleConfig ipmi_si');
    expect(fact).toMatchObject({
      value: {
        options: [
          { file: '/etc/modprobe.conf', parameters: { irqs: '5' } },
          { file: '/usr/lib/modprobe.d/b.conf' },
          { file: '/etc/modprobe.d/c.conf' },
          { file: '/etc/modprobe.d/no-conf', parameters: { type: 'smic' } },
        ],
      },
    });
  });
});
