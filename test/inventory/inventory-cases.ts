import type { InventoryFiles } from './generated.ts';

/** An inventory of one form, and how it is named on the command line. */
export interface InventoryCase {
  readonly title: string;
  readonly files: InventoryFiles;
  readonly sources: readonly string[];
  readonly playbookDirectory?: string;
}

const INI = `# a comment
; another
lonely ansible_host=192.0.2.9   # behind a host
10.0.0.1 x=1
quoted text="two words" single='it is' json='{"a": [1, null]}' python="{'k': (1, 2)}" none=None yes=yes True=True
[web]
web[01:03].example.com:2222 http_port=8080
web01.example.com http_port=8081
"quoted-host" a=1
[db]
db-[a:c:2] list="['x', 'y']" octal=0644 float=1.50 negative=-3 url=http://example.com/?a=b&c=d empty=
[2001:db8::1]:2200 address=6

[prod:children]
web
db
late
[prod:vars]
color = red
motto=two words # not a comment here
dict={'a': {'b': None}}
flag=true
quoted="in quotes"
[late]
web02.example.com
[late:vars]
who=late
[all:vars]
everywhere=1
[empty]
[parent:children]
empty
`;

const YAML = `---
all:
  hosts:
    loose:
    db1: {role: master}
  vars: {ntp: [ntp1.example.com, ntp2.example.com], nothing: ~, zero: 0}
  children:
    web:
      hosts:
        web[01:03]:
          weight: 1.50
        web02: &two
          weight: 2
          text: |
            several
            lines
          folded: >-
            one
            line
      vars: {flag: yes, disabled: no, when: 2001-12-14, quoted: "yes"}
      children:
        canary:
          hosts:
            web03: {<<: *two, own: true}
            web04:
    db:
      children: {replicas: , primary: {hosts: {db1: }}}
    ungrouped:
      hosts: {free: }
      vars: {alone: true}
replicas:
  hosts: {'db[2:3].example.com:5432': {ansible_port: 22}, 'db9': }
  vars: {unsafe: !unsafe '{{ kept }}', template: '{{ kept }}'}
empty:
empty_too: {hosts: , children: , vars: }
`;

const VAULTED = `web:
  hosts:
    h:
      key: !vault |
        $ANSIBLE_VAULT;1.1;AES256
        6162636465
      plain: 1
  vars:
    db_password: open
    ansible_become_password: secret
`;

const PROGRAM = `#!/bin/sh
case $1 in
  --list) cat <<'END'
{"web": {"hosts": ["w2", "w1"], "vars": {"color": "red", "n": 1.5}}, "db": ["d1"], "prod": {"children": ["web", "db"]},
 "_meta": {"hostvars": {"w1": {"a": [1, {"b": null}], "color": "blue"}, "d1": {}}}, "none": {}}
END
  ;;
  *) exit 1 ;;
esac
`;

const OLD_PROGRAM = `#!/bin/sh
case $1 in
  --list) echo '{"web": {"hosts": ["w1", "w2"]}, "ungrouped": {"hosts": ["u"]}, "all": {"vars": {"v": true}}}' ;;
  --host) echo "{\\"me\\": \\"$2\\"}" ;;
esac
`;

const LAYERS = `all: { vars: { v: all, w: all } }
a: { vars: { v: a, w: a }, children: { b: , c: } }
b: { vars: { v: b }, children: { d: } }
c: { vars: { v: c, ansible_group_priority: '5' }, hosts: { h: , i: { v: own } } }
d: { vars: { w: d }, hosts: { h: , j: } }
z: { vars: { v: z, w: z }, hosts: { h: , i: , j: } }
`;

const MERGED = `x: { hosts: &hosts { a: { v: 1 }, b: { w: [1] } }, vars: &vars { k: 1, m: { n: 1 } } }
y: { hosts: { c: , <<: *hosts, a: { v: 2 } }, vars: { <<: *vars, k: 2 } }
z: { hosts: { d: { <<: *vars, <<: { k: 3 } }, e: { in: { <<: [{ k: 4 }, *vars] } } } }
`;

const CLOUD = `#!/bin/sh
echo '{"tag: Name=My shop, 1": {"hosts": ["w1"], "vars": {"v": "tag"}, "children": ["!x y"]}, "!x y": ["w2"], "_meta": {"hostvars": {}}}'
`;

/** Inventories of every form. */
export const CASES: readonly InventoryCase[] = [
  { title: 'an INI file', files: { hosts: INI }, sources: ['hosts'] },
  { title: 'a YAML file', files: { 'hosts.yml': YAML }, sources: ['hosts.yml'] },
  { title: 'several files, in this order', files: { a: INI, 'b.yml': YAML }, sources: ['a', 'b.yml'] },
  { title: 'several files, in the other', files: { a: INI, 'b.yml': YAML }, sources: ['b.yml', 'a'] },
  { title: 'lists of hosts', files: { a: '[web]\nweb1 x=1\n' }, sources: ['web1,web2.example.com,192.0.2.1:2222,', 'a'] },
  {
    title: 'a folder of sources',
    files: {
      'i/01-a.ini': '[web]\nw1 v=1\n',
      'i/02-b.yml': 'web: {hosts: {w1: {v: 2}, w2: }}\n',
      'i/03-c': PROGRAM,
      'i/z.cfg': '[no]\nx\n',
      'i/a~': '[no]\n',
      'i/.hidden': '[no]\n',
    },
    sources: ['i'],
  },
  {
    title: 'group_vars and host_vars of every kind',
    files: {
      'inv/hosts': '[web]\nw1 v=inline\nw2\n[web:vars]\ng=inline\n[prod:children]\nweb\n',
      'inv/group_vars/all': 'g: all\nonly: all\n',
      'inv/group_vars/web.yml': 'g: file\nh: web\n',
      'inv/group_vars/prod/a.yml': 'p: a\nq: a\n',
      'inv/group_vars/prod/b.json': '{"p": "b", "h": "prod"}',
      'inv/group_vars/prod/deep/c.yaml': 'deep: true\n',
      'inv/group_vars/nobody.yml': 'x: 1\n',
      'inv/host_vars/w1.yml': 'v: file\n',
      'inv/host_vars/w2/main.yml': 'v: folder\n',
      'play/group_vars/web.yml': 'g: playbook\n',
      'play/host_vars/w2.yml': 'v: playbook\n',
    },
    sources: ['inv/hosts'],
    playbookDirectory: 'play',
  },
  { title: 'a program', files: { 'hosts.sh': PROGRAM }, sources: ['hosts.sh'] },
  { title: 'a program that is asked for each host', files: { 'hosts.sh': OLD_PROGRAM }, sources: ['hosts.sh'] },
  {
    title: 'a program whose groups are tags',
    files: { 'hosts.sh': CLOUD, 'group_vars/tag: Name=My shop, 1.yml': 'w: file\n' },
    sources: ['hosts.sh'],
  },
  {
    title: 'groups of several depths and priorities',
    files: { 'hosts.yml': LAYERS, 'group_vars/b.yml': 'ansible_group_priority: 9\n' },
    sources: ['hosts.yml'],
  },
  { title: 'anchors and merges', files: { 'hosts.yml': MERGED }, sources: ['hosts.yml'] },
  {
    title: 'a file of JSON',
    files: { 'hosts.json': '{"web": {"hosts": {"h": {"a": 1e3, "b": 1.5E-3, "c": "1e3", "d": "yes", "e": null, "f": [true]}}}}' },
    sources: ['hosts.json'],
  },
  { title: 'vaulted values and secrets', files: { 'hosts.yml': VAULTED }, sources: ['hosts.yml'] },
  { title: 'no hosts at all', files: { hosts: '[web]\n[prod:children]\nweb\n' }, sources: ['hosts'] },
];
