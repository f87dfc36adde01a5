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
/** Destination: one row, `destinationProbeSchema`. */
export const destinationProbe = readScript('destination/probe');
/** Source or destination: a row a company, `companySchema`. */
export const listCompanies = readScript('list-companies');
/** Destination: a row an installed extension, `extensionSchema`. */
export const listExtensions = readScript('destination/list-extensions');

/** Source: schema `mig`, procedures. May run again. */
export const sourceObjects = readBatches('source/objects');
/** Destination: schema `mig`, tables, procedures of the replication pipelines. May run again; keeps what tables hold. */
export const destinationObjects = [
  ...readBatches('destination/tables'),
  ...readBatches('destination/replication-log'),
  ...readBatches('destination/replication-steps'),
];

/** Source (copied to `mig.SourceTable`) or destination: a row a table, for `joinCatalogue`. */
export const catalogueTables = readScript('catalogue-tables');
/** Source (copied to `mig.SourceColumn`) or destination: a row a column, for `joinCatalogue`. */
export const catalogueColumns = readScript('catalogue-columns');
/** Destination: the copied tables of the source, for `joinCatalogue`. */
export const sourceTables = readScript('destination/source-tables');
/** Destination: the copied columns of the source, for `joinCatalogue`. */
export const sourceColumns = readScript('destination/source-columns');
/** Destination: a row a table that the environment lists, `replicationRuleSchema`. */
export const replicationRules = readScript('destination/replication-rules');

/** Destination: marks the environment. Parameters @setupKey, @attempt, @companies (JSON of `companySchema`). */
export const markReady = readScript('destination/mark-ready');
/** Destination: takes that mark back. Parameter @setupKey. */
export const clearMark = readScript('destination/clear-mark');
