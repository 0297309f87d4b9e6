const STAGES = 'inventory|playbook|facts|steps|actions|plan|execute|transport|report';

/** A dependency that only one folder may import. */
const home = (name, dependency, folder) => ({
  name,
  severity: 'error',
  comment: `${dependency} has one home: ${folder}`,
  from: { path: '^src', pathNot: `^src/(${folder})` },
  to: { path: `node_modules/${dependency}/` },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'stages-apart',
      severity: 'error',
      comment:
        'Stages never import each other; what one needs from another is an argument typed in model/. Steps may import facts and actions.',
      from: { path: `^src/(${STAGES})/` },
      to: { path: `^src/(${STAGES})/`, pathNot: ['^src/$1/'] },
    },
    {
      name: 'model-alone',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { path: '^src/', pathNot: '^src/model/' },
    },
    {
      name: 'engine-is-the-root',
      severity: 'error',
      comment: 'Only cli/ and index.ts know engine.ts; the files beside it are its parts.',
      from: {
        path: '^src/',
        pathNot: '^src/(cli/|index|engine|project|keep-journal|resume|journal|fingerprint|run-header|saved-plan|undo-|history/)',
      },
      to: { path: '^src/(engine|project|ports|read-hints|keep-journal|resume|journal|fingerprint|process-mark|cli/)' },
    },
    home('ssh2-home', 'ssh2', 'transport/ssh'),
    home('chalk-home', 'chalk', 'report'),
    home('diff-home', 'diff', 'report'),
    home('lowlight-home', 'lowlight', 'report/html'),
    home('highlight-home', 'highlight.js', 'report/html'),
    home('p-queue-home', 'p-queue', 'execute'),
    home('yaml-home', 'yaml', 'inventory|playbook|errors'),
    home('commander-home', 'commander', 'cli'),
    home('esbuild-home', 'esbuild', 'playbook'),
    home('age-home', 'age-encryption', 'secrets'),
    {
      name: 'public-api-only',
      severity: 'error',
      comment: 'Roles and playbooks are written as a user would write them.',
      from: { path: '^(roles|playbooks)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(src/(?!index\\.ts)|test/|bench/|node_modules/)' },
    },
    {
      name: 'src-is-below',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|roles|playbooks|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
