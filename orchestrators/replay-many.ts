/**
 * A bulk replay, in rounds: each is a generation with a history of its own, so that thousands of setups make none of them
 * long. That it is to end stands in its row, which every round reads: events are lost between generations.
 */
import { call, continueAsNew, now, orchestrator, pause } from '../shared/durable.ts';
import { hasEnded, roundDuration, roundSize } from '../shared/replays/replay.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';

/** Over setups for which the service failed, for an hour like everything that is tried again. */
const MAXIMUM_PASSES = 30;
const PAUSE_AFTER_PASS_MS = 120_000;

export const replayMany = orchestrator(orchestrations.replayMany, function* (context, input): StepsOf<'replayMany'> {
  const { replayId, perMinute, pass, after } = input;
  if (after === undefined && pass === 1) yield* call(context, activities.chooseSetups, { replayId });

  const begunAt = now(context);
  const { begun, last } = yield* call(context, activities.replayRound, {
    replayId,
    ...(after === undefined ? {} : { after }),
    size: roundSize(perMinute),
    givesUp: pass >= MAXIMUM_PASSES,
  });
  const rest = begunAt + roundDuration(begun - input.begun, perMinute) - now(context);
  if (last !== undefined) {
    if (rest > 0) yield* pause(context, rest);
    continueAsNew(context, orchestrations.replayMany, { replayId, perMinute, begun, pass, after: last });
    return { state: 'Running' };
  }

  const { state } = yield* call(context, activities.endReplay, { replayId });
  if (hasEnded({ state })) return { state };
  yield* pause(context, PAUSE_AFTER_PASS_MS);
  continueAsNew(context, orchestrations.replayMany, { replayId, perMinute, begun, pass: pass + 1 });
  return { state };
});
