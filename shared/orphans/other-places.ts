/** What is left behind outside of the factories. */
import type { Services } from '../services.ts';
import type { SetupRecord } from '../setup/head.ts';
import { reasonOfKey, reasonOfReservation, reasonOfSecret } from './orphan.ts';
import type { Place } from './place.ts';

/** Passwords that no setup has any more. */
export function vaultPlace({ secrets, store }: Services): Place {
  return {
    name: 'vault',
    async *find() {
      for await (const { name, createdAt: since, owner } of secrets.names()) {
        const reasonNow = async () => reasonOfSecret(name, owner === undefined ? undefined : await store.get(owner));
        const reason = await reasonNow();
        if (reason === undefined) continue;
        yield {
          kind: 'secret' as const,
          name,
          reason,
          since,
          async remove() {
            if ((await reasonNow()) === undefined) return false;
            await secrets.delete(name);
            return true;
          },
        };
      }
    },
  };
}

/** Places in factories that are held for nobody. */
export function reservationsPlace(services: Services): Place {
  const { book } = services;
  return {
    name: 'book of factories',
    async *find() {
      for (const { key, attempt, since } of await book.held()) {
        const reason = reasonOfReservation(await setupOf(services, key));
        if (reason === undefined) continue;
        yield {
          kind: 'reservation' as const,
          name: key,
          reason,
          since,
          async remove() {
            const setup = await setupOf(services, key);
            if (reasonOfReservation(setup) === undefined) return false;
            await book.release({ key, attempt }, 0);
            // Nobody else would.
            if (setup === undefined) await book.forget({ key, attempt });
            return true;
          },
        };
      }
    },
  };
}

/** Environments that nobody needs and that nobody gave back. */
export function environmentsPlace({ environments }: Services): Place {
  return {
    name: 'directory of environments',
    async *find() {
      for await (const { tenantId, name, claimant, since } of environments.lapsedClaims()) {
        const reason = `Attempt ${claimant.attempt} of setup ${claimant.setupId}, which claimed it, does not need it.`;
        yield {
          kind: 'environmentClaim' as const,
          name: `${tenantId}|${name}`,
          reason,
          since,
          async remove() {
            await environments.release(tenantId, name, claimant);
            return true;
          },
        };
      }
    },
  };
}

/** Copies of table data that no setup uses any more. */
export function stagingPlace(services: Services): Place {
  const { staging } = services;
  return {
    name: 'staging',
    async *find() {
      for (const key of await staging.keys()) {
        const reason = reasonOfKey(await setupOf(services, key));
        if (reason === undefined) continue;
        const since = await staging.newest(key);
        yield {
          kind: 'stagedBlobs' as const,
          name: key,
          reason,
          since,
          async remove() {
            if (reasonOfKey(await setupOf(services, key)) === undefined) return false;
            await staging.remove(key);
            return true;
          },
        };
      }
    },
  };
}

async function setupOf({ store }: Services, key: string): Promise<SetupRecord | undefined> {
  const known = await store.ofKey(key);
  return known === undefined ? undefined : store.get(known);
}
