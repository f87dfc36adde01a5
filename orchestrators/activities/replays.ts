import pMap from 'p-map';
import { clip, clipList } from '../../shared/clip.ts';
import { messageOf } from '../../shared/error-message.ts';
import { chooseSetups as choose } from '../../shared/replays/choose.ts';
import { replayItem } from '../../shared/replays/replay-item.ts';
import type { ItemOutcome } from '../../shared/replays/replay.ts';
import { measure } from '../../shared/telemetry/metrics.ts';
import type { Implementation } from './implementation.ts';

const AT_ONCE = 4;

export const chooseSetups: Implementation<'chooseSetups'> = async ({ replayId }, services) => ({
  total: await choose(services, replayId),
});

export const replayRound: Implementation<'replayRound'> = async (
  { replayId, after, size, givesUp },
  services,
  { getClient },
) => {
  const replay = await services.replays.require(replayId);
  const { values: items, next } = await services.replays.items(replayId, size, { after, result: 'pending' });
  const client = getClient();
  const outcomes: ItemOutcome[] = [];
  const problems: string[] = [];
  await pMap(
    items,
    async (item) => {
      try {
        const outcome = await replayItem(services, client, replay, item);
        if (outcome !== undefined) outcomes.push(outcome);
      } catch (error) {
        const { tenantId, setupId } = item;
        const reason = messageOf(error);
        // One setup holds up no other one: without a result it is tried again in the next pass.
        if (givesUp) outcomes.push({ tenantId, setupId, result: 'failed', reason: clip(reason) });
        problems.push(`${setupId}: ${reason}`);
      }
    },
    { concurrency: AT_ONCE },
  );
  const { counts } = await services.replays.record(replayId, outcomes);
  for (const { result } of outcomes) measure('replayResults', 1, { outcome: result });
  const goesOn = replay.state === 'Running' && next !== undefined;
  return { begun: counts.replayed, ...(goesOn ? { last: next } : {}), problems: clipList(problems) };
};

export const endReplay: Implementation<'endReplay'> = async ({ replayId }, { replays }) => {
  const { state } = await replays.end(replayId);
  return { state };
};
