/** Plays one schedule: the course up to the race, the race, what came late, and then the timers until all is at rest. */
import type fc from 'fast-check';
import { tenantId } from '../api/token-issuer.ts';
import { violationsOf } from './invariants.ts';
import type { Beginning, Part, Scenario } from './scenario.ts';
import { environment, World } from './world.ts';
import type { Broken, Issuer } from './world.ts';

const FIRST = 'first-setup';
const SECOND = 'second-setup';
const MINUTE_MS = 60_000;
/** A removal that cannot be finished is given up after a day; nothing here takes longer than this. */
const MOST_ROUNDS = 60;
/** Older, a claim or a note without its setup is that of a request that died. */
const GRACE_MINUTES = 16;

/** A world with the ways back to where races begin. */
export interface Theatre extends Disposable {
  readonly world: World;
  readonly beginnings: Readonly<Record<Beginning, () => void>>;
}

/** Brings a setup to every beginning, one after the other. */
export async function openTheatre(issuer: Issuer, broken?: Broken): Promise<Theatre> {
  const world = new World(issuer, { broken });
  await world.begin();
  const nothing = world.keep();
  const rest = async (beginning: Beginning) => {
    nothing();
    await comeTo(world, beginning);
    return world.keep();
  };
  const [failed, canceled, ready, deleted] = [
    await rest('failed'),
    await rest('canceled'),
    await rest('ready'),
    await rest('deleted'),
  ];
  const beginnings = { nothing, accepted: nothing, failed, canceled, ready, deleted };
  return { world, beginnings, [Symbol.dispose]: () => world[Symbol.dispose]() };
}

/** Plays a schedule. @returns what did not hold, in words; nothing if all did */
export async function play(
  { world, beginnings }: Theatre,
  scheduler: fc.Scheduler,
  scenario: Scenario,
): Promise<string[]> {
  beginnings[scenario.beginning]();
  if (scenario.beginning === 'accepted') await accept(world, scenario);
  await race(world, scheduler, scenario);
  await comeToRest(world);
  return [...world.heads.violations, ...world.stage.failures, ...violationsOf(world, scenario)];
}

/** Accepts the first setup and brings it as far as it shall have come. */
async function accept(world: World, { progress, hasNodes, fails }: Scenario): Promise<void> {
  world.fails = fails;
  world.factories.hasNodes = hasNodes;
  world.durable.haltAfter(progress);
  await world.call('putSetup', FIRST, putBody('first'));
  await world.stage.play();
}

/** Brings the first setup to where it rests. */
async function comeTo(world: World, beginning: Beginning): Promise<void> {
  world.fails = beginning === 'failed' || beginning === 'canceled';
  world.factories.hasNodes = beginning !== 'canceled';
  await world.call('putSetup', FIRST, putBody('first'));
  await world.stage.play();
  if (beginning === 'canceled') await world.call('cancelSetup', FIRST);
  if (beginning === 'deleted') await world.call('deleteSetup', FIRST);
  // The removal waits for activities that may be under way, and then for its run at the source.
  for (let round = 0; round < 3; round += 1) {
    await world.stage.play();
    world.time.pass(MINUTE_MS);
    await world.look();
  }
  await world.stage.play();
}

async function race(world: World, scheduler: fc.Scheduler, scenario: Scenario): Promise<void> {
  const { cast, killed, mishaps, hasNodes, fails } = scenario;
  Object.assign(world, { fails });
  world.factories.hasNodes = hasNodes;
  world.stage.scheduler = scheduler;
  world.durable.expect(mishaps);
  world.durable.goOn();
  // What was done before is out of the hands of its requests, so that the timers look after it.
  world.time.pass(MINUTE_MS);
  cast.forEach((part, index) => {
    const steps = killed?.member === index ? killed.steps : undefined;
    void world.stage.enter(`${part}#${index}`, () => perform(world, part), { steps });
  });
  await world.stage.play();
  world.factories.hasNodes = true;
  world.durable.runLate();
  await world.stage.play();
}

/** The timers run until nobody is looked after any more, and a while longer. */
async function comeToRest(world: World): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    await runTimers(world);
    if (world.tables.rows('activesetups').length === 0) break;
  }
  world.time.pass(GRACE_MINUTES * MINUTE_MS);
  await runTimers(world);
}

async function runTimers(world: World): Promise<void> {
  world.time.pass(MINUTE_MS);
  void world.stage.enter('settle', () => world.settle());
  void world.stage.enter('look', () => world.look());
  await world.stage.play();
}

function perform(world: World, part: Part): Promise<unknown> {
  switch (part) {
    case 'put':
      return world.call('putSetup', FIRST, putBody('first'));
    case 'putAnew':
      return world.call('putSetup', FIRST, putBody('other'));
    case 'putOther':
      return world.call('putSetup', SECOND, putBody('second'));
    case 'cancel':
      return world.call('cancelSetup', FIRST);
    case 'replay':
      return world.call('replaySetup', FIRST, { body: '{}' });
    case 'replayWithPassword':
      return world.call('replaySetup', FIRST, { body: JSON.stringify({ source: { password: 'mended' } }) });
    case 'replayMany':
      return world.replayOneOfMany(FIRST);
    case 'delete':
      return world.call('deleteSetup', FIRST);
    case 'settle':
      return world.settle();
    case 'look':
      return world.look();
    case 'nudge':
      return world.call('checkRuntime', FIRST);
    case 'again':
      world.durable.runAgain(`${tenantId}.${FIRST}.1`);
      return Promise.resolve();
  }
}

function putBody(password: string): { readonly body: string } {
  const connectionString = `Server=sql01;Database=BC250;User ID=migration;Password=${password}`;
  const source = { kind: 'SqlServer', connectionString };
  return { body: JSON.stringify({ product: 'DynamicsBCLast', source, destination: { environment } }) };
}
