import { expect, test } from 'vitest';
import type { ReceivedEvent } from '../../local/demo/event-subscription.ts';
import { inspectFactory } from '../../local/demo/inspection.ts';
import { startStack } from '../../local/stack/stack.ts';
import { hostKind } from '../support/host-kind.ts';
import { nameOf, runSetup } from '../support/setup/setup-run.ts';

// Ten starts of a host, each some seconds.
test(
  'a setup completes with nothing doubled when the host is killed after every event',
  { timeout: 300_000 },
  async () => {
    const stack = await startStack({ hostKind, appDirectory: process.cwd() });
    try {
      let kills = 0;
      const onEvent = async (event: ReceivedEvent) => {
        if (nameOf(event) === 'ready') return;
        await stack.host.kill();
        await stack.host.start();
        kills += 1;
      };
      const run = await runSetup(stack, 'survivor', stack.databases.samples[0], { onEvent });
      expect(run.setup.failure).toBeUndefined();
      expect(run.setup.state).toBe('Ready');
      expect(kills).toBe(10);
      expect(run.events.map(({ sequence }) => Number(sequence))).toEqual(run.events.map((_event, index) => index + 1));
      expect(new Set(run.events.map(nameOf)).size).toBe(run.events.length);

      const { factory, pipelines = [], runtime } = run.setup;
      if (factory === undefined) throw new Error('The setup has no factory');
      const content = await inspectFactory(stack, factory);
      expect(content.pipelines.toSorted()).toEqual(pipelines.toSorted());
      expect(content.datasets).toHaveLength(2);
      expect(content.linkedServices).toHaveLength(3);
      expect(content.runtimes).toEqual([runtime?.name]);
      // One run of each stage: a repeated start found the run of the first one.
      expect(content.runs).toHaveLength(2);
    } finally {
      await stack.stop();
    }
  },
);
