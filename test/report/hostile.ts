import type { Run } from '../../src/model/run.ts';
import { content, host, run, step } from './records.ts';

/** Texts that mean something where a report goes: HTML, Markdown, XML, terminals; and what no XML can hold. */
export const HOSTILE = [
  '</script><script>alert(1)</script>',
  '<img src=x onerror="alert(1)">',
  `" onmouseover='alert(1)' x="`,
  '</code></pre></details><h1>owned</h1>',
  ']]><!-- --> <!DOCTYPE x [<!ENTITY e "x">]>&e;&amp;',
  '```\n# owned\n````',
  '| a | b |\n@everyone #1 [x](javascript:alert(1)) <!-- -->',
  '\u202eright to left\u202c \u200bhidden\u2028line',
  '\u0000\u0001\u001b[31mred\u001b[0m\u0008\u007f\u0085\r\nx\ry\tz',
  '\ud800 half \ufffe \uffff \u{1f600}',
  `\${x} {{ x }} %s \\ ‹host› ‹1›`,
] as const;

/** A run in which every text that comes from outside is hostile. */
export function hostileRun(): Run {
  const hosts = HOSTILE.map((text, index) =>
    host(`web${index} ${text}`, {
      outcome: index % 3 === 0 ? 'failed' : index % 3 === 1 ? 'changed' : 'unreachable',
      error: index % 3 === 1 ? null : { phase: `action ${text}`, message: text, hint: text },
      steps: [
        step(`role/file[${text}]`, {
          play: text,
          on: text,
          outcome: 'changed',
          progress: 'done',
          reason: text,
          irreversible: text,
          changes: [
            { field: text, before: text, after: [text, text] },
            { field: 'content', before: content(`same\n${text}\n`), after: content(`same\n${text}${text}`) },
          ],
        }),
        step('role/handler[x]', { outcome: 'failed', progress: 'done', handler: true, notifiedBy: [text], reason: text, ...FAILED(text) }),
      ],
    }),
  );
  const header = { ...run([]).header, playbook: HOSTILE[0], limit: HOSTILE[5], argv: [...HOSTILE], tags: [HOSTILE[2]] };
  return run(hosts, { header, exitCode: 2 });
}

const FAILED = (text: string) => ({ failure: { action: text, exitCode: 1, output: `${text}\n${text}`, durationMs: 3 } });
