/** Pages of documentation to which checks lead. Pure. */
const administration = 'https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration';
const sql = 'https://learn.microsoft.com/sql';

export const articles = {
  companyNames: `${administration}/migration-troubleshooting#company-names`,
  manage: `${administration}/migration-manage`,
  onPremises: `${administration}/migrate-business-central-on-premises`,
  optimize: `${administration}/migration-optimize-replication`,
  cleaning: `${administration}/migration-clean-data`,
  planning: `${administration}/cloud-migration-plan-prepare`,
  prerequisites: `${administration}/cloud-migration-prerequisites`,
  tableDefinitions: `${administration}/migration-align-table-definitions`,
  setup: `${administration}/migration-setup`,
  troubleshooting: `${administration}/migration-troubleshooting`,
  runtimeVersions: 'https://learn.microsoft.com/azure/data-factory/self-hosted-integration-runtime-auto-update',
  runtimeNodes:
    'https://learn.microsoft.com/azure/data-factory/monitor-integration-runtime#self-hosted-integration-runtime',
  secrets: 'https://learn.microsoft.com/azure/key-vault/secrets/about-secrets',
  azureSize: 'https://learn.microsoft.com/azure/azure-sql/database/file-space-manage',
  backups: `${sql}/relational-databases/backup-restore/full-database-backups-sql-server`,
  passwords: `${sql}/t-sql/functions/loginproperty-transact-sql`,
  permissions: `${sql}/relational-databases/security/permissions-database-engine`,
  durability: `${sql}/relational-databases/logs/control-transaction-durability`,
  files: `${sql}/relational-databases/databases/database-files-and-filegroups`,
  changeTracking: `${sql}/relational-databases/track-changes/about-change-tracking-sql-server`,
  identifiers: `${sql}/relational-databases/databases/database-identifiers`,
  triggers: `${sql}/relational-databases/triggers/dml-triggers`,
  statistics: `${sql}/relational-databases/statistics/statistics`,
  collations: `${sql}/relational-databases/collations/collation-and-unicode-support`,
  compatibilityLevel: `${sql}/t-sql/statements/alter-database-transact-sql-compatibility-level`,
  databaseRoles: `${sql}/relational-databases/security/authentication-access/database-level-roles`,
  databaseStates: `${sql}/relational-databases/databases/database-states`,
} as const;
