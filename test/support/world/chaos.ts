/** Many setups at once while the host is killed every few seconds and every endpoint fails now and then, by a seed. */
import type { SourceKind } from '../../../local/stack/databases.ts';
import type { SetupRecord } from '../../../shared/setup/head.ts';
import { restingStates } from '../../../shared/setup/states.ts';
import { startEndpoints } from './endpoints.ts';
import { FaultPlan } from './fault-plan.ts';
import { violations } from './invariants.ts';
import type { Answer } from './world.ts';
import { World } from './world.ts';

/** What came of a chaos. */
export interface ChaosReport {
  readonly ready: number;
  /** Why setups failed, each with its code and its cause. */
  readonly failures: readonly string[];
  readonly kills: number;
  readonly faults: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly virtualSeconds: number;
  /** What did not hold when everything had come to rest; and after the failed ones were replayed. */
  readonly violations: readonly string[];
  /** Setups that are not ready after their replay. */
  readonly stillFailed: readonly string[];
}

/** How long it lasts, and how long it is given to come to rest, in virtual time. */
const CHAOS_MS = 4 * 60_000;
const REST_MS = 12 * 3_600_000;
const STEP_MS = 5_000;
/** Between two kills. */
const [SHORTEST_LIFE_MS, LONGEST_LIFE_MS] = [3_000, 9_000];
/** Between two changes of a runtime or of the bus. */
const LONGEST_STATE_MS = 40_000;
const CALLS = 50;
/** Every fifth source is on premises, and has a runtime. */
const kinds = (setups: number): SourceKind[] =>
  Array.from({ length: setups }, (_, index) => (index % 5 === 0 ? 'SqlServer' : 'AzureSql'));

/** @param seed the same one has the same things go wrong; only the order within one moment may differ */
export async function playChaos({ setups, seed }: { setups: number; seed: number }): Promise<ChaosReport> {
  const [first = 'SqlServer', ...others] = kinds(setups);
  const endpoints = await startEndpoints([first, ...others], 'Small');
  try {
    const world = await World.open(endpoints, { settings: { MIGRATION_SWEEP: 'remove' } });
    try {
      return await new Chaos(world, new FaultPlan(seed)).play();
    } finally {
      await world.close();
    }
  } finally {
    await endpoints.stop();
  }
}

class Chaos {
  readonly #world: World;
  readonly #plan: FaultPlan;
  readonly #ids: readonly string[];
  #kills = 0;
  #nextKill = 0;
  #changes: { readonly due: number; readonly change: () => Promise<void> | void }[] = [];

  constructor(world: World, plan: FaultPlan) {
    this.#world = world;
    this.#plan = plan;
    this.#ids = world.endpoints.databases.samples.map((_, index) => `chaos-${index}`);
  }

  async play(): Promise<ChaosReport> {
    const begun = this.#world.clock.now();
    await this.#underFaults();
    await this.#calm();
    const ended = await this.#rest();
    const found = await violations(this.#world);
    const failures = ended.flatMap(({ setupId, failure }) =>
      failure === undefined ? [] : [`${setupId}: ${failure.code} ${failure.cause}`],
    );
    const failed = ended.filter(({ state }) => state !== 'Ready');
    for (const { setupId } of failed) await this.#insist(() => this.#world.post(setupId, 'replay', {}), 202);
    const last = failed.length === 0 ? ended : await this.#rest();
    if (failed.length > 0) found.push(...(await violations(this.#world)));
    return {
      ready: ended.length - failed.length,
      failures,
      kills: this.#kills,
      faults: this.#plan.counts,
      virtualSeconds: Math.round((this.#world.clock.now() - begun) / 1_000),
      violations: found,
      stillFailed: last
        .filter(({ state }) => state !== 'Ready')
        .map(({ setupId, failure }) => `${setupId}: ${failure?.cause ?? ''}`),
    };
  }

  /** Everybody begins, and everything goes wrong. */
  async #underFaults(): Promise<void> {
    const { clock, endpoints } = this.#world;
    const end = clock.now() + CHAOS_MS;
    for (const sample of endpoints.databases.samples) await this.#world.register(sample);
    this.#letFail();
    for (const [index, sample] of endpoints.databases.samples.entries()) {
      await this.#insist(() => this.#world.put(this.#ids[index] ?? '', sample), 201);
    }
    this.#interrupt(
      'bus',
      () => endpoints.bus.cut(),
      () => endpoints.bus.mend(),
    );
    while (clock.now() < end) {
      await this.#world.advance(STEP_MS);
      for (const { change } of this.#changes.filter(({ due }) => due <= clock.now())) await change();
      await this.#installNodes();
    }
  }

  #letFail(): void {
    const { endpoints } = this.#world;
    for (const endpoint of ['dataFactory', 'keyVault', 'tables'] as const) {
      endpoints.proxies[endpoint].decide = (request) => this.#plan.ofRequest(endpoint, request);
    }
    endpoints.sql.decide = () => this.#plan.ofSql();
    this.#world.activityFault = ({ instanceId, name }) => {
      const now = this.#world.clock.now();
      if (now < this.#nextKill) return this.#plan.ofActivity(instanceId, name);
      const life = SHORTEST_LIFE_MS + this.#plan.number('life') * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS);
      this.#nextKill = now + life;
      this.#kills += 1;
      return this.#plan.number('kill') < 0.5 ? 'kill before' : 'kill after';
    };
  }

  /** Breaks something and mends it, again and again. */
  #interrupt(what: string, breakIt: () => Promise<void> | void, mendIt: () => Promise<void> | void): void {
    let isBroken = false;
    const plan = (): void => {
      const due = this.#world.clock.now() + this.#plan.number(what) * LONGEST_STATE_MS;
      const entry = {
        due,
        change: async () => {
          this.#changes = this.#changes.filter((other) => other !== entry);
          isBroken = !isBroken;
          if (isBroken) this.#plan.note(what.replace(/ .*/, ''), 'interrupted');
          await (isBroken ? breakIt() : mendIt());
          plan();
        },
      };
      this.#changes.push(entry);
    };
    plan();
  }

  /** As administrators do, once a setup waits for its runtime. */
  async #installNodes(): Promise<void> {
    for (const { setupId, state } of await this.#heads()) {
      if (state !== 'WaitingForRuntime' || this.#world.nodes.has(setupId)) continue;
      const keys = await this.#insist(() => this.#world.post(setupId, 'runtime/listKeys'), 200);
      const node = await this.#world.registerNode(setupId, keys);
      if (this.#plan.isOn)
        this.#interrupt(
          `runtime ${setupId}`,
          () => node.stop(),
          () => node.start(),
        );
    }
  }

  /** Nothing fails any more. */
  async #calm(): Promise<void> {
    const { endpoints, nodes } = this.#world;
    this.#plan.isOn = false;
    this.#changes = [];
    this.#world.activityFault = () => undefined;
    endpoints.bus.mend();
    for (const node of nodes.values()) await node.start();
  }

  /** Lets time pass until every setup rests, and the sweeper has been there. @throws if one does not */
  async #rest(): Promise<SetupRecord[]> {
    const end = this.#world.clock.now() + REST_MS;
    for (;;) {
      const heads = await this.#heads();
      const active = heads.filter(({ state }) => !restingStates.includes(state));
      if (active.length === 0) {
        await this.#world.sweep();
        return heads;
      }
      if (this.#world.clock.now() > end) {
        throw new Error(
          `Stuck: ${active.map(({ setupId, state, phase }) => `${setupId} ${state} in ${phase}`).join()}`,
        );
      }
      await this.#world.advance(60_000);
      await this.#installNodes();
    }
  }

  #heads(): Promise<SetupRecord[]> {
    return Promise.all(this.#ids.map((setupId) => this.#world.head(setupId)));
  }

  /** Asks again after a while, as a caller does, until the answer is the one that is wanted, or says that it was done before. */
  async #insist(ask: () => Promise<Answer>, wanted: number): Promise<Answer> {
    let answer = await ask();
    for (let asked = 1; answer.status >= 500 && asked < CALLS; asked += 1) {
      await this.#world.advance(STEP_MS);
      answer = await ask();
    }
    if (answer.status !== wanted && answer.status !== 200) {
      throw new Error(`Answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    return answer;
  }
}
