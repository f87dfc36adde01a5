// The import rules of docs/architecture.md. Type-only imports count, except where a rule says otherwise: swc, unlike tsc,
// sees them without tsPreCompilationDeps.
const GATEWAYS = [
  'clock|config|durable|json-lines|secrets|services|table',
  'setup/(?:active|attempts|begin-replay|continuation|database-mark|findings|key|measured-change|publisher|reader|run-intents|setup-index|start|store|writer)',
  'audit/audit-log',
  'retention/.+',
  'requests/(?:few-connections|refusals|request-queue|request-timeout|resource-manager-budget|rest-errors)',
  'runtimes/runtime-book',
  'environments/directory',
  'factory/(?:book|data-factory|entity-metrics|factory-row|identities|quota-announcer|staging|staging-accounts)',
  'orphans/(?:factory-place|orphan-book|other-places)',
  'plan/(?:control-rows|online-context)',
  'sql/(?:connect|database|scripts)',
  'replication/(?:planned-tables|replication-runs|run-figures|start)',
  'replays/(?:choose|replay-book|replay-item|start)',
  'telemetry/(?:azure-sdk|logs|metrics|sdk|spans)',
  'waits/(?:look|wait-book)',
].join('|');
const PURE = `^shared/(?!(?:${GATEWAYS})\\.ts$).+\\.ts$`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@azure/functions-core$' },
    },
    {
      name: 'pure-domain',
      comment: 'The domain knows no SDK and does no I/O.',
      severity: 'error',
      from: { path: PURE },
      to: { pathNot: [PURE, '^node_modules/zod/'] },
    },
    {
      name: 'orchestrators-are-deterministic',
      comment: 'An orchestrator imports its contract, the durable helpers, the pure domain, and types.',
      severity: 'error',
      from: { path: '^orchestrators/[^/]+\\.ts$' },
      to: {
        pathNot: [PURE, '^orchestrators/[^/]+\\.ts$', '^shared/durable\\.ts$', '^node_modules/zod/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'activities-take-services',
      comment: 'An activity gets its clients as an argument and never makes one.',
      severity: 'error',
      from: { path: '^orchestrators/activities/' },
      to: {
        path: ['^node_modules/@azure/', '^node_modules/mssql/', '^shared/(config|services)\\.ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'handlers-know-no-activities',
      severity: 'error',
      from: { path: '^functions/', pathNot: '^functions/index\\.ts$' },
      to: { path: '^orchestrators/activities/' },
    },
    {
      name: 'cli-needs-no-service',
      comment: 'The command line works without the service and without Azure.',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: ['^(?:functions|orchestrators)/', '^shared/(?:config|services)\\.ts$', '^node_modules/@azure/'] },
    },
    {
      name: 'nothing-imports-local',
      comment: 'Production code has no local mode.',
      severity: 'error',
      from: { pathNot: '^(local|test)/' },
      to: { path: '^(local|test)/' },
    },
    {
      name: 'production-runs-on-node-22',
      severity: 'error',
      from: { pathNot: '^(local|test)/' },
      to: { path: '^(node:)?sqlite$' },
    },
    {
      name: 'host-knows-only-the-built-entry',
      severity: 'error',
      from: { path: '^local/host/' },
      to: { path: '^(functions|orchestrators|shared|test)/' },
    },
    {
      name: 'endpoints-know-no-product',
      comment: 'A local endpoint is driven by the SDKs only; it must not share code with what it is used to test.',
      severity: 'error',
      from: { path: '^local/(data-factory|monitor|service-bus|sql-server|key-vault|identity)/' },
      to: { path: '^(functions|orchestrators|shared|test)/' },
    },
    {
      name: 'no-dev-dependencies-in-production',
      severity: 'error',
      from: { path: '^(functions|orchestrators|shared)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.json'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
