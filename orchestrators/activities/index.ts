/** Every activity of the contract with its implementation; the compiler misses none. */
import type { activities } from '../contract.ts';
import {
  clearEnvironmentMark,
  markEnvironmentReady,
  planTables,
  releaseClaims,
  removeFromDestination,
} from './database.ts';
import { putDataset, putLinkedService, putPipeline, removeEntities, removePreparation } from './entities.ts';
import { probeFactory, releaseFactory, reserveFactory } from './factory.ts';
import type { Implementation } from './implementation.ts';
import {
  cancelRuns,
  evaluateChecks,
  getPipelineRun,
  readSourceRemoval,
  recordInventory,
  startPreparation,
  startSourceUndo,
} from './preparation.ts';
import { ensureRuntime, findRuntime, getRuntimeStatus, removeRuntime } from './runtime.ts';
import { endInstances } from './instances.ts';
import { moveBack, openAttempt, readCheckpoints, recordMilestone } from './setup-record.ts';
import { closeWait, openWait } from './waits.ts';

export const implementations: { readonly [Name in keyof typeof activities]: Implementation<Name> } = {
  probeFactory,
  reserveFactory,
  releaseFactory,
  findRuntime,
  ensureRuntime,
  removeRuntime,
  getRuntimeStatus,
  openWait,
  closeWait,
  putLinkedService,
  putDataset,
  putPipeline,
  startPreparation,
  startSourceUndo,
  getPipelineRun,
  cancelRuns,
  evaluateChecks,
  recordInventory,
  readSourceRemoval,
  planTables,
  markEnvironmentReady,
  clearEnvironmentMark,
  releaseClaims,
  removeFromDestination,
  removePreparation,
  removeEntities,
  openAttempt,
  readCheckpoints,
  moveBack,
  recordMilestone,
  endInstances,
};
