/** The staging accounts of all regions: what is copied stays in the region of the environment to which it goes. */
import type { BlobPlace } from './names.ts';
import type { Part, Staging } from './staging.ts';

/** A blob in the container of a setup. */
export interface BlobOfSetup {
  readonly key: string;
  readonly blob: BlobPlace;
}

export class StagingAccounts {
  readonly #byRegion: ReadonlyMap<string, Staging>;
  readonly #others: Staging;

  /** @param others of the regions that have none of their own */
  constructor(byRegion: ReadonlyMap<string, Staging>, others: Staging) {
    this.#byRegion = byRegion;
    this.#others = others;
  }

  /** The account for what is written for setups of environments in a region. */
  of(region: string): Staging {
    return this.#byRegion.get(region) ?? this.#others;
  }

  /** Whether a blob of a setup is there, in whatever account. */
  async has(region: string, key: string, blob: BlobPlace): Promise<boolean> {
    return (await this.#holding(region, key, blob)) !== undefined;
  }

  /** Reads a blob of a setup as `Staging.read` does, from the account that has it. */
  async *read(region: string, key: string, blob: BlobPlace, from?: Part): AsyncGenerator {
    const staging = (await this.#holding(region, key, blob)) ?? this.of(region);
    yield* staging.read(key, blob, from);
  }

  /**
   * Copies a blob of a setup as `Staging.copy` does, from the account that has it.
   * @param region of the environment of the setup to which it is copied
   * @returns whether it was there
   */
  async copy(region: string, from: BlobOfSetup, to: BlobOfSetup): Promise<boolean> {
    const staging = await this.#holding(region, from.key, from.blob);
    await staging?.copy(from.key, from.blob, this.of(region), to.key, to.blob);
    return staging !== undefined;
  }

  /**
   * The account of the region, if the blob is there; else another one: the region may have got an account of its own since it was
   * written, or the environment may have moved. An account of another region that does not answer has nothing: what is not found is
   * made again, and one region is not to stand still for another.
   */
  async #holding(region: string, key: string, blob: BlobPlace): Promise<Staging | undefined> {
    const own = this.of(region);
    if (await own.has(key, blob)) return own;
    const others = this.#all().filter((staging) => staging !== own);
    const answers = await Promise.allSettled(others.map((staging) => staging.has(key, blob)));
    return others.find((_staging, index) => {
      const answer = answers[index];
      return answer?.status === 'fulfilled' && answer.value;
    });
  }

  /** Keys of the setups that have a container, in whatever account. */
  async keys(): Promise<string[]> {
    const keys = await Promise.all(this.#all().map((staging) => staging.keys()));
    return [...new Set(keys.flat())];
  }

  /** When what a setup has there was last written; undefined if there is nothing. */
  async newest(key: string): Promise<Date | undefined> {
    const times = await Promise.all(this.#all().map((staging) => staging.newest(key)));
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 ? undefined : new Date(Math.max(...known.map((time) => time.getTime())));
  }

  /**
   * Deletes the container of a setup in every account: its environment may have moved to another region since.
   * @returns whether there was one
   */
  async remove(key: string): Promise<boolean> {
    const removed = await Promise.all(this.#all().map((staging) => staging.remove(key)));
    return removed.includes(true);
  }

  #all(): readonly Staging[] {
    return [...this.#byRegion.values(), this.#others];
  }
}
