/**
 * The service's T-SQL. The only reader of the `.sql` files below it; each export says where its script runs.
 * Parameters are named in the scripts; lines that hold `GO` alone separate batches.
 */
import { readFileSync } from 'node:fs';

function readScript(name: string): string {
  return readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8');
}

function readBatches(name: string): readonly string[] {
  return readScript(name)
    .split(/^[ \t]*GO[ \t]*\r?$/im)
    .map((batch) => batch.trim())
    .filter((batch) => batch !== '');
}

/** Source: one row, `sourceProbeSchema`. */
export const sourceProbe = readScript('source/probe');
/** Source: one row, `storageProbeSchema`. */
export const sourceStorageProbe = readScript('source/storage');
/** Destination: one row, `destinationProbeSchema`. */
export const destinationProbe = readScript('destination/probe');
/** Source or destination: a row a company, `companySchema`. */
export const listCompanies = readScript('list-companies');
/** Destination: a row an installed extension, `extensionSchema`. */
export const listExtensions = readScript('destination/list-extensions');

/**
 * Source or destination: claims the database before anything else is made there; creates the schema `mig`. Parameters
 * @setupKey (a database mark), @attempt. Error 50010 when somebody else holds it.
 */
export const claim = readScript('claim');
/** Source or destination: gives the claim back. Parameters @setupKey, @attempt. */
export const releaseClaim = readScript('release-claim');

/** Source: tables and procedures in `mig`. May run again. */
export const sourceObjects = [...readBatches('source/objects'), ...readBatches('describe-error')];
/** Destination: tables and procedures of the replication pipelines in `mig`. May run again; keeps what tables hold. */
export const destinationObjects = [
  ...readBatches('destination/tables'),
  ...readBatches('describe-error'),
  ...readBatches('destination/replication-log'),
  ...readBatches('destination/replication-steps'),
];

/** Source or destination: a row a column, for `readCatalogue`. */
export const catalogue = readScript('catalogue');
/** Source or destination: one row with `fingerprint`, which changes with what the catalogue lists. */
export const catalogueFingerprint = readScript('catalogue-fingerprint');
/** Destination: a row a table that the environment lists, `replicationRuleSchema`. */
export const replicationRules = readScript('destination/replication-rules');

/** Destination: a row with `holds`, whether an attempt holds the claim. Parameters @setupKey, @attempt. */
export const holdsClaim = readScript('destination/holds-claim');
/** Destination: a row with `isOpen`, whether an attempt may write its plan. Parameters @setupKey, @attempt, @replicationId (0: none). */
export const planIsOpen = readScript('destination/plan-is-open');
/** Destination: a row with `outcome`, replaced or superseded. Parameters as of `planIsOpen`, @planId, @tables. */
export const replacePlan = readScript('destination/replace-plan');

/**
 * Destination: marks the environment; a row with `outcome`, marked or superseded. Parameters @setupKey, @attempt,
 * @companies (JSON of `companySchema`).
 */
export const markReady = readScript('destination/mark-ready');
/** Destination: takes that mark back. Parameters @setupKey, @attempt. */
export const clearMark = readScript('destination/clear-mark');

const removeObjects = readScript('remove-objects');
/**
 * Source: removes what the service made there; the first script's rows name what stays (`name`). Parameters @setupKey,
 * @attempt, @removeSource (whether change tracking that the service turned on goes too).
 */
export const sourceRemoval: readonly [string, string] = [readScript('source/remove-tracking'), removeObjects];
/** Destination: the same. Parameters @setupKey, @attempt. */
export const destinationRemoval: readonly [string, string] = [readScript('destination/remove-rows'), removeObjects];

/** Destination: a row a company and copy method with `tables`, `rows` and `bytes`. Parameter @retryOf. */
export const plannedTables = readScript('destination/planned-tables');
/** Destination: limits a replication run to companies. Parameters @replicationId, @companies (JSON). */
export const selectCompanies = readScript('destination/select-companies');
/** Destination: closes a replication run; a row with counts. Parameters @replicationId, @error. */
export const closeReplication = readScript('destination/close-replication');
/** Destination: a row a table of a replication run. Parameters @replicationId, @after, @status, @size. */
export const runTables = readScript('destination/run-tables');
