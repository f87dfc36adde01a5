/** Every orchestration of the contract with its handler; the compiler misses none. */
import type { OrchestrationHandler } from 'durable-functions';
import { cleanup } from './cleanup.ts';
import type { orchestrations } from './contract.ts';
import { factorySelection } from './factory-selection.ts';
import { measureFactories } from './measure-factories.ts';
import { preparation } from './preparation.ts';
import { replicationRun } from './replication-run.ts';
import { replayMany } from './replay-many.ts';
import { runtimeRegistration } from './runtime-registration.ts';
import { setup } from './setup.ts';

export const handlers: Readonly<Record<keyof typeof orchestrations, OrchestrationHandler>> = {
  setup,
  cleanup,
  replicationRun,
  replayMany,
  measureFactories,
  factorySelection,
  runtimeRegistration,
  preparation,
};
