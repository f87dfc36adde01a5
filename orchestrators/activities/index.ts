/** Every activity of the contract with its implementation; the compiler misses none. */
import type { activities } from '../contract.ts';
import { takeCatalogues } from './assessed-catalogues.ts';
import {
  clearEnvironmentMark,
  markEnvironmentReady,
  holdsClaim,
  releaseClaims,
  removeFromDestination,
} from './database.ts';
import {
  finish,
  putConnections,
  putPreparation,
  putReplication,
  removeEntities,
  removeStaging,
  renewStaging,
  restoreConnections,
  restorePreparation,
} from './entities.ts';
import { correctEntities, measureFactory, releaseFactory, selectFactory } from './factory.ts';
import type { Implementation } from './implementation.ts';
import { planTables, refreshPlan } from './plan.ts';
import {
  cancelRuns,
  evaluateChecks,
  holdsCatalogues,
  readSourceRemoval,
  recordInventory,
  startPreparation,
  startSourceUndo,
} from './preparation.ts';
import { ensureRuntime, explainFailure, findRuntime, leaveRuntime } from './runtime.ts';
import { endInstances } from './instances.ts';
import { holdsPassword, releaseEnvironment, removeSecret } from './release.ts';
import { beginRun, cancelReplication, closeRun, endRun, startReplication } from './replication.ts';
import { chooseSetups, endReplay, replayRound } from './replays.ts';
import { beginUndo, moveBack, openAttempt, readCheckpoints, recordMilestone } from './setup-record.ts';

export const implementations: { readonly [Name in keyof typeof activities]: Implementation<Name> } = {
  selectFactory,
  releaseFactory,
  correctEntities,
  measureFactory,
  findRuntime,
  ensureRuntime,
  explainFailure,
  leaveRuntime,
  putConnections,
  restoreConnections,
  renewStaging,
  putPreparation,
  startPreparation,
  restorePreparation,
  startSourceUndo,
  cancelRuns,
  takeCatalogues,
  evaluateChecks,
  holdsCatalogues,
  recordInventory,
  readSourceRemoval,
  planTables,
  putReplication,
  markEnvironmentReady,
  clearEnvironmentMark,
  holdsClaim,
  releaseClaims,
  removeFromDestination,
  finish,
  removeEntities,
  removeStaging,
  releaseEnvironment,
  holdsPassword,
  removeSecret,
  openAttempt,
  beginUndo,
  readCheckpoints,
  moveBack,
  recordMilestone,
  refreshPlan,
  beginRun,
  startReplication,
  cancelReplication,
  closeRun,
  endRun,
  endInstances,
  chooseSetups,
  replayRound,
  endReplay,
};
