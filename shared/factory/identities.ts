/** Which factory a caller is, by the identities that Resource Manager knows. */
import type { Clock } from '../clock.ts';
import { Recent } from '../recent.ts';
import type { Factory } from '../setup/setup.ts';
import type { DataFactories } from './data-factory.ts';
import { factoryKey } from './names.ts';

/** A factory may get another identity. Somebody else that calls as a factory has it asked once in so long. */
const ASK_EVERY_MS = 60_000;
const REMEMBERED = 1_000;

export class FactoryIdentities {
  readonly #factories: DataFactories;
  readonly #clock: Clock;
  readonly #known = new Recent<{ readonly principal: string | undefined; readonly askedAt: number }>(REMEMBERED);

  constructor(factories: DataFactories, clock: Clock) {
    this.#factories = factories;
    this.#clock = clock;
  }

  /** Whether an object id is that of a factory's identity. @throws {RestError} if Resource Manager does not answer */
  async isOf(factory: Factory, objectId: string): Promise<boolean> {
    const key = factoryKey(factory);
    const now = this.#clock.now().getTime();
    let known = this.#known.get(key);
    if (known?.principal !== objectId && now - (known?.askedAt ?? 0) >= ASK_EVERY_MS) {
      known = { principal: await this.#factories.principalOf(factory), askedAt: now };
      this.#known.set(key, known);
    }
    return known?.principal === objectId;
  }
}
