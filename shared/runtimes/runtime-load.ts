/** What Data Factory answers where it does not tell what the nodes of a runtime do. */
export interface RefusedLoad {
  readonly refused: { readonly status: number; readonly code: string };
}

/** What the nodes of a runtime do and have left at a moment. */
export interface RuntimeLoad {
  readonly runningJobs: number;
  /** As many jobs as all nodes together take; others are queued. */
  readonly jobLimit: number;
  /** Of the node that has the least. */
  readonly freeMegabytes: number;
  /** Of the node that is the busiest. */
  readonly processorPercent: number;
}
