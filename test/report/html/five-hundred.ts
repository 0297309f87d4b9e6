import type { HostRecord, Run, StepRecord } from '../../../src/model/run.ts';
import { batch, content, host, names, rollout, run, step } from '../records.ts';

/** Hosts that are not like the others. */
export const ODD = {
  /** Somebody has edited the file by hand. */
  drifted: ['web042', 'web137', 'web404'],
  failed: 'web250',
  unreachable: 'web333',
} as const;

const OUTPUT = `nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)
nginx: configuration file /etc/nginx/nginx.conf test failed
`;

function address(index: number): string {
  return `192.0.${2 + Math.floor(index / 200)}.${(index % 200) + 10}`;
}

function site(name: string, index: number, { workers, extra = '' }: { readonly workers: string; readonly extra?: string }): string {
  return `# ${name}: managed by drover
server {
    listen ${address(index)}:80;
    server_name ${name}.example.com;
    root "/srv/www";
    keepalive_timeout ${workers};
${extra}    location / {
        try_files $uri $uri/ =404;
    }
}
`;
}

function steps(name: string, index: number, before: string): readonly StepRecord[] {
  const after = site(name, index, { workers: '30s' });
  return [
    ...Array.from({ length: 12 }, (_, number) => step(`base/sysctl[net.ipv4.tcp_option_${number}]`, { play: 'web servers' })),
    step('web/file[/etc/nginx/sites-enabled/default]', {
      play: 'web servers',
      outcome: 'changed',
      progress: 'done',
      durationMs: 40 + (index % 30),
      changes: [{ field: 'content', before: content(before), after: content(after) }],
    }),
    step('web/sysctl[net.core.somaxconn]', {
      play: 'web servers',
      outcome: 'changed',
      progress: 'done',
      durationMs: 6,
      changes: [
        { field: 'value', before: '128', after: '1024' },
        { field: 'at boot', before: null, after: '1024' },
      ],
    }),
  ];
}

function reload(name: string, fields: Partial<StepRecord> = {}): StepRecord {
  const notifiedBy = ['web/file[/etc/nginx/sites-enabled/default]'];
  return step(`web/handler[reload nginx on ${name}]`, { play: 'web servers', handler: true, notifiedBy, ...fields });
}

/** An apply to 500 web servers in three batches: three had drifted, one failed, one was not reached. */
export function fiveHundred(): Run {
  const all = names(500);
  const batches = [all.slice(0, 10), all.slice(10, 110), all.slice(110)];
  const begins = [4200, 6400, 12_600];
  const lasts = [2000, 6000, 14_000];
  const hosts = all.map((name, index): HostRecord => {
    const nth = batches.findIndex((names) => names.includes(name));
    const place = (batches[nth] ?? []).indexOf(name) / (batches[nth] ?? []).length;
    const work = { startedMs: Math.round((begins[nth] ?? 0) + place * (lasts[nth] ?? 0) * 0.85), durationMs: 180 + ((index * 37) % 400) };
    const startedMs = Math.floor(index / 20) * 160;
    const timing = { startedMs, durationMs: work.startedMs + work.durationMs - startedMs, work };
    if (name === ODD.unreachable) {
      const error = {
        phase: 'connect',
        message: `${address(index)}:22 did not answer within 10 s`,
        hint: 'is it up? ssh web333 shows more',
      };
      return host(name, { outcome: 'unreachable', connection: null, error, startedMs, durationMs: 10_000, steps: [] });
    }
    const isDrifted = ODD.drifted.some((each) => each === name);
    const extra = isDrifted ? '    # TODO remove after the sale\n    client_max_body_size 512m;\n' : '';
    const changed = steps(name, index, site(name, index, { workers: '65s', extra }));
    if (name !== ODD.failed)
      return host(name, {
        outcome: 'changed',
        ...timing,
        steps: [...changed, reload(name, { outcome: 'changed', progress: 'done', durationMs: 90 })],
      });
    const reason = 'it exited with status 1';
    return host(name, {
      outcome: 'failed',
      ...timing,
      error: { phase: 'action', message: `${reload(name).id}: ${reason}`, hint: null },
      steps: [
        ...changed,
        reload(name, {
          outcome: 'failed',
          progress: 'done',
          reason,
          durationMs: 120,
          failure: { action: 'reload nginx.service', exitCode: 1, output: OUTPUT, durationMs: 120 },
        }),
        step('web/verify[answers]', {
          play: 'web servers',
          outcome: 'skipped',
          progress: 'not-started',
          reason: 'not started: an earlier step failed on this host',
        }),
      ],
    });
  });
  const header = {
    ...run([]).header,
    mode: 'apply' as const,
    argv: ['apply', 'playbooks/site.yml', '-i', 'inventory/hosts.yml', '--limit', 'web', '--yes'],
    limit: 'web',
    user: 'alice@ops1',
    node: '20.20.2',
    revision: { commit: '4f2a9c0de1b7a8c3f5e6d7b8a9c0d1e2f3a4b5c6', dirty: true },
  };
  const batchRecords = batches.map((members, index) =>
    batch(members, { state: 'done', startedMs: begins[index] ?? 0, durationMs: (lasts[index] ?? 0) + 300 }),
  );
  const maxFailures = { total: 5, batch: null };
  return run(hosts, {
    header,
    exitCode: 2,
    durationMs: 27_400,
    finishedAt: '2026-11-21T10:15:27.400Z',
    rollouts: [rollout(batchRecords, { maxFailures, failed: [ODD.failed, ODD.unreachable], out: [ODD.failed] })],
  });
}
