/**
 * Names of what a setup owns in its factory, all from the setup's key, so that every step finds what an earlier
 * attempt made. https://learn.microsoft.com/azure/data-factory/naming-rules
 */

/** Linked services that all setups of a factory share. */
export const sharedLinkedServices = { staging: 'mig_shared_staging' } as const;

/** Names of a setup's entities. */
export interface EntityNames {
  readonly runtime: string;
  readonly linkedServices: { readonly source: string; readonly destination: string };
  readonly datasets: { readonly source: string; readonly destination: string };
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
    linkedServices: { source: named('source'), destination: named('destination') },
    datasets: { source: named('source_table'), destination: named('destination_table') },
    pipelines: {
      prepare: named('prepare'),
      large: named('large'),
      small: named('small'),
      replicate: named('replicate'),
    },
  };
}

/** The key of the setup that an entity or a runtime belongs to by its name; undefined if it is none of a setup's. */
export function keyOfName(name: string): string | undefined {
  return /^(?:mig_|shir-)(?<key>[\da-f]{12})(?:_|$)/.exec(name)?.groups?.['key'];
}
