/** What other services check before a migration, and which check of ours does the same, or why there is none. */
export interface PeerCheck {
  /** As the peer calls them. */
  readonly names: readonly string[];
  /** Ids of our checks; empty where there is none. */
  readonly ids: readonly string[];
  /** What else is to say, and why there is no check of ours. */
  readonly note?: string;
}

const changeTracking = 'Changes are read by change tracking, not from the log.';
const mask = 'A feature of that service: data is copied as it is.';
const otherEngine = 'Concerns PostgreSQL or MySQL.';

/** https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.AssessmentReport.SqlServer.html */
export const awsChecks: readonly PeerCheck[] = [
  {
    names: ['sqlserver-check-secondary-indexes', 'all-check-secondary-constraints'],
    ids: [],
    note: "Tables online keep the platform's indexes and have no foreign keys.",
  },
  { names: ['sqlserver-batch-apply-lob-mode'], ids: [], note: 'There is one way to apply, for every type.' },
  { names: ['sqlserver-check-for-triggers'], ids: ['TAB-08'] },
  { names: ['sqlserver-check-for-computed-fields'], ids: [], note: 'Left out by the plan: the server fills them.' },
  {
    names: [
      'sqlserver-check-for-memory-optimized-tables',
      'sqlserver-check-for-temporal-tables',
      'sqlserver-check-for-masked-data',
    ],
    ids: ['TAB-05'],
  },
  { names: ['sqlserver-check-for-sparse-columns'], ids: [], note: 'They are read and tracked as all others.' },
  {
    names: ['sqlserver-check-for-columnstore-indexes'],
    ids: [],
    note: 'Those of Business Central are nonclustered, which does not hinder change tracking.',
  },
  {
    names: ['sqlserver-check-for-delayed-durability', 'sqlserver-check-for-accelerated-data-recovery'],
    ids: ['SRV-07'],
    note: changeTracking,
  },
  { names: ['sqlserver-large-number-of-tables'], ids: ['TAB-04'] },
  { names: ['sqlserver-check-for-special-characters'], ids: ['TAB-07'], note: 'Names are quoted everywhere.' },
  {
    names: [
      'sqlserver-check-for-encrypted-backups',
      'sqlserver-check-for-backup-url',
      'sqlserver-check-for-backup-multiple-stripes',
      'sqlserver-check-for-backup-broken-chain',
    ],
    ids: [],
    note: changeTracking,
  },
  { names: ['sqlserver-check-for-full-backup', 'sqlserver-check-for-recovery-model'], ids: ['SRV-06'] },
  { names: ['sqlserver-check-for-audit-2008'], ids: ['SRV-01'] },
  { names: ['sqlserver-check-for-geometry-columns', 'unsupported-data-types-in-source'], ids: ['TAB-02'] },
  { names: ['sqlserver-check-for-identity-columns'], ids: [], note: 'Copied with IDENTITY_INSERT.' },
  { names: ['sqlserver-check-user-permission-for-full-load-only'], ids: ['AUT-03'] },
  {
    names: ['sqlserver-check-user-permission-for-cdc', 'sqlserver-check-attribute-for-enable-ms-cdc-onprem'],
    ids: ['AUT-03', 'SRV-04'],
    note: changeTracking,
  },
  {
    names: [
      'sqlserver-check-user-permission-on-view-definition',
      'sqlserver-check-user-permission-on-view-database-state',
    ],
    ids: ['AUT-04'],
  },
  {
    names: ['sqlserver-check-user-permission-on-view-server-state'],
    ids: ['SRV-08'],
    note: 'Only the room on the disk is read with it, and skipped without it.',
  },
  { names: ['sqlserver-check-for-max-text-repl-size'], ids: [], note: changeTracking },
  {
    names: [
      'sqlserver-check-batch-apply-target-pk-ui-absence',
      'sqlserver-check-batch-apply-target-pk-ui-simultaneously',
      'sqlserver-check-pk-validity',
      'target-table-has-unique-key-or-primary-key-for-cdc',
    ],
    ids: ['TAB-02'],
  },
  {
    names: [
      'table-with-no-primary-key-or-unique-constraint',
      'table-with-lob-but-without-primary-key-or-unique-constraint',
    ],
    ids: ['TAB-03'],
  },
  {
    names: ['full-lob-not-nullable-at-target'],
    ids: [],
    note: 'Large values are copied with their rows, so that none is empty for a time.',
  },
  { names: ['sqlserver-check-target-privileges'], ids: ['AUT-06', 'AUT-07'] },
  { names: ['sqlserver-tblnum-for-max-fullload-subtasks'], ids: [], note: 'A setting of that service.' },
  {
    names: [
      'sqlserver-datamasking-digits-randomize',
      'sqlserver-datamasking-digits-mask',
      'sqlserver-datamasking-hash-mask',
      'all-to-all-validation-with-datamasking-digits-randomize',
      'all-to-all-validation-with-datamasking-hash-mask',
      'all-to-all-validation-with-digit-mask',
    ],
    ids: [],
    note: mask,
  },
  { names: ['all-check-source-selection-rules'], ids: ['CMP-01', 'CMP-07'] },
  { names: ['all-check-target-read-replica'], ids: ['SRV-10'] },
  { names: ['sqlserver-safeguard-permissions'], ids: [], note: changeTracking },
  {
    names: ['sqlserver-check-sec-node-sg-policy', 'sqlserver-check-sec-node-without-eca'],
    ids: ['SRV-03'],
    note: 'A secondary replica cannot be a source.',
  },
  { names: ['unsupported-source-pk-type-for-elasticsearch-target'], ids: [], note: 'No such target.' },
];

/** https://cloud.google.com/database-migration/docs/diagnose-issues */
export const googleChecks: readonly PeerCheck[] = [
  {
    names: ['CONNECTION_FAILURE', 'AUTHENTICATION_FAILURE', 'ERROR_RDBMS'],
    ids: [],
    note: 'Without a connection there is nothing to measure: the attempt fails with the error of the connection.',
  },
  {
    names: ['INVALID_CONNECTION_PROFILE_CONFIG', 'CONNECTION_PROFILE_TYPES_INCOMPATIBILITY'],
    ids: [],
    note: 'Refused when the setup is asked for.',
  },
  { names: ['VERSION_INCOMPATIBILITY'], ids: ['SRV-01', 'VER-02', 'VER-03'] },
  {
    names: [
      'NO_PGLOGICAL_INSTALLED',
      'PGLOGICAL_NODE_ALREADY_EXISTS',
      'INVALID_WAL_LEVEL',
      'INVALID_SHARED_PRELOAD_LIBRARY',
      'INSUFFICIENT_MAX_REPLICATION_SLOTS',
      'INSUFFICIENT_MAX_WAL_SENDERS',
      'INSUFFICIENT_MAX_WORKER_PROCESSES',
      'INVALID_RDS_LOGICAL_REPLICATION',
      'UNSUPPORTED_GTID_MODE',
      'UNSUPPORTED_DEFINER',
      'UNSUPPORTED_DATABASE_FDW_CONFIG',
    ],
    ids: [],
    note: otherEngine,
  },
  { names: ['UNSUPPORTED_EXTENSIONS'], ids: ['EXT-01', 'EXT-04'] },
  { names: ['UNSUPPORTED_MIGRATION_TYPE'], ids: ['VER-02'] },
  { names: ['UNSUPPORTED_TABLE_DEFINITION'], ids: ['TAB-02'] },
  { names: ['TABLES_WITH_LIMITED_SUPPORT'], ids: ['TAB-03'] },
  {
    names: ['CANT_RESTART_RUNNING_MIGRATION'],
    ids: [],
    note: 'Refused when the setup is asked for: one has the environment at a time.',
  },
  { names: ['SOURCE_ALREADY_SETUP'], ids: ['VER-05'] },
  { names: ['UNSUPPORTED_DATABASE_LOCALE'], ids: ['SRV-05'] },
  { names: ['SOURCE_SIZE_EXCEEDS_THRESHOLD'], ids: ['CMP-05', 'CMP-08'] },
  { names: ['EXISTING_CONFLICTING_DATABASES'], ids: ['VER-04'] },
  { names: ['PARALLEL_IMPORT_INSUFFICIENT_PRIVILEGE'], ids: ['AUT-06'] },
];
