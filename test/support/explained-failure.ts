import { implementations } from '../../orchestrators/activities/index.ts';
import type { DataFactories } from '../../shared/factory/data-factory.ts';
import type { Services } from '../../shared/services.ts';
import type { Factory, SetupFailure } from '../../shared/setup/setup.ts';

interface Asked {
  readonly factory: Factory;
  readonly runtimeName: string;
  readonly failure: SetupFailure;
}

/** What becomes of a failure when its runtime is asked, as an orchestration asks. */
export async function explained(factories: DataFactories, asked: Asked): Promise<SetupFailure> {
  const unused = () => Promise.reject(new Error('It looks at the factory alone'));
  const run = { head: unused, stopped: unused, getClient: () => expectNoClient() };
  // It uses no other gateway.
  const answer = await implementations.explainFailure(asked, { factories } as Services, run);
  if ('stopped' in answer) throw new Error('Without a fence nothing stops it');
  return answer.explained;
}

function expectNoClient(): never {
  throw new Error('It starts no orchestration');
}
