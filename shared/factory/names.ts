/**
 * Names of what a setup owns in its factory, all from the setup's key, so that every step finds what an earlier
 * attempt made. https://learn.microsoft.com/azure/data-factory/naming-rules
 */

import type { Factory } from '../setup/setup.ts';

/** Tells factories apart, whatever the case in which their names are written. It can be part of a row key. */
export function factoryKey({ subscriptionId, resourceGroup, name }: Factory): string {
  return `${subscriptionId}|${resourceGroup}|${name}`.toLowerCase();
}

/** Names of a setup's entities. */
export interface EntityNames {
  readonly runtime: string;
  readonly linkedServices: { readonly staging: string; readonly source: string; readonly destination: string };
  readonly datasets: { readonly source: string; readonly destination: string; readonly catalogue: string };
  readonly pipelines: {
    readonly prepare: string;
    readonly large: string;
    readonly small: string;
    readonly replicate: string;
  };
}

/** The names that belong to a setup's key. */
export function entityNames(key: string): EntityNames {
  const named = (what: string) => `mig_${key}_${what}`;
  return {
    runtime: `shir-${key}`,
    linkedServices: { staging: named('staging'), source: named('source'), destination: named('destination') },
    datasets: {
      source: named('source_table'),
      destination: named('destination_table'),
      catalogue: named('catalogue'),
    },
    pipelines: {
      prepare: named('prepare'),
      large: named('large'),
      small: named('small'),
      replicate: named('replicate'),
    },
  };
}

/** The container of a setup in the staging account. */
export function stagingContainer(key: string): string {
  return `mig-${key}`;
}

/** A blob in that container. */
export interface BlobPlace {
  readonly folder: string;
  readonly file: string;
}

/** Where the catalogue of a database is, as an attempt found it. */
export function catalogueBlob(attempt: number, side: 'source' | 'destination'): BlobPlace {
  return { folder: `catalogue/attempt-${attempt}`, file: `${side}.json.gz` };
}

/** Where the plan of an attempt is: what its checks foresaw, then what it planned. */
export function planBlob(attempt: number): BlobPlace {
  return { folder: `plan/attempt-${attempt}`, file: 'tables.json.gz' };
}

/** The key of the setup that an entity, a runtime or a container belongs to by its name; undefined if it is none of a setup's. */
export function keyOfName(name: string): string | undefined {
  return /^(?:mig[_-]|shir-)(?<key>[\da-f]{12})(?:_|$)/.exec(name)?.groups?.['key'];
}
