/** What is left behind in a data factory. */
import { keyOfName } from '../factory/names.ts';
import type { Services } from '../services.ts';
import { dataOf } from '../setup/milestone-data.ts';
import type { Factory } from '../setup/setup.ts';
import { reasonOfEntity, reasonOfRuntime } from './orphan.ts';
import type { FoundRuntime, Owner } from './orphan.ts';
import type { FoundOrphan, Place } from './place.ts';

/** What refers to another goes first. */
const entityKinds = ['pipelines', 'datasets', 'linkedServices'] as const;

/** Entities and runtimes of a factory. */
export function factoryPlace(services: Services, factory: Factory): Place {
  return {
    name: `factory ${factory.name}`,
    async *find() {
      yield* entitiesIn(services, factory);
      yield* runtimesIn(services, factory);
    },
  };
}

async function* entitiesIn(services: Services, factory: Factory): AsyncGenerator<FoundOrphan> {
  const owners = new Map<string, Promise<Owner>>();
  for (const kind of entityKinds) {
    for (const name of await factoryNames(services, factory, kind)) {
      const key = keyOfName(name);
      if (key === undefined) continue;
      const owner = owners.get(key) ?? ownerOf(services, key);
      owners.set(key, owner);
      const reason = reasonOfEntity(await owner, factory.name);
      if (reason === undefined) continue;
      yield {
        kind,
        name,
        reason,
        since: sinceOf(await owner),
        async remove() {
          if (reasonOfEntity(await ownerOf(services, key), factory.name) === undefined) return false;
          await services.factories.delete(factory, kind, name);
          return true;
        },
      };
    }
  }
}

/** Those that start others first: a pipeline that another one starts cannot be deleted. */
async function factoryNames({ factories }: Services, factory: Factory, kind: (typeof entityKinds)[number]) {
  const names = await factories.names(factory, kind);
  return names.toSorted((a, b) => Number(b.endsWith('_replicate')) - Number(a.endsWith('_replicate')));
}

async function ownerOf({ store }: Services, key: string): Promise<Owner> {
  const known = await store.ofKey(key);
  const setup = known === undefined ? undefined : await store.get(known);
  const reached = setup === undefined ? [] : await store.milestonesOf(setup);
  return { setup, factory: dataOf(reached, 'factorySelected')?.factory.name };
}

/** A factory does not tell how old an entity is; the setup tells since when it does not need it. */
function sinceOf({ setup }: Owner): Date | undefined {
  return setup === undefined ? undefined : new Date(setup.lastModifiedAt);
}

async function* runtimesIn(services: Services, factory: Factory): AsyncGenerator<FoundOrphan> {
  for (const name of await services.factories.names(factory, 'integrationRuntimes')) {
    const key = keyOfName(name);
    if (key === undefined) continue;
    const { registered, createdAt } = await services.factories.runtimeStatus(factory, name);
    const reasonOf = async () => reasonOfRuntime({ ...(await knownOf(services, key, name)), registered }, factory.name);
    const reason = await reasonOf();
    if (reason === undefined) continue;
    yield {
      kind: 'integrationRuntimes' as const,
      name,
      reason,
      since: createdAt,
      async remove() {
        const nodes = await services.factories.runtimeStatus(factory, name);
        if (nodes.registered !== registered || (await reasonOf()) === undefined) return false;
        await removeRuntime(services, factory, key, name);
        return true;
      },
    };
  }
}

async function knownOf(
  { store, runtimes }: Services,
  key: string,
  name: string,
): Promise<Omit<FoundRuntime, 'registered'>> {
  const creator = await store.ofKey(key);
  const row = creator === undefined ? undefined : await runtimes.get(creator.tenantId, name);
  if (creator === undefined || row === undefined) return { ownFactory: undefined, users: [] };
  const users = await Promise.all(row.users.map((setupId) => store.get({ tenantId: creator.tenantId, setupId })));
  return { ownFactory: row.factory.name, users: users.filter((setup) => setup !== undefined) };
}

/** The row first, so that nobody begins to use a runtime that is about to go. */
async function removeRuntime(services: Services, factory: Factory, key: string, name: string): Promise<void> {
  const { store, runtimes, factories } = services;
  const creator = await store.ofKey(key);
  const row = creator === undefined ? undefined : await runtimes.get(creator.tenantId, name);
  if (creator === undefined || row === undefined || row.factory.name !== factory.name) {
    await factories.deleteRuntime(factory, name);
    return;
  }
  let unused: typeof row | undefined;
  for (const user of row.users.length === 0 ? [''] : row.users) {
    unused = await runtimes.leave(creator.tenantId, name, user, true);
  }
  if (unused === undefined) throw new Error('Somebody has begun to use it');
  await factories.deleteRuntime(factory, name);
  await runtimes.forget(creator.tenantId, unused);
}
