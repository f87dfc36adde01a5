import { expect, test } from 'vitest';
import { parseTopology } from '../../../local/service-bus/topology.ts';
import local from '../../../local/stack/service-bus-topology.json' with { type: 'json' };
import { eventTypeOf, milestoneNames } from '../../../shared/setup/states.ts';
import { infraJson } from '../../support/infra/infra-files.ts';

const topic = infraJson('topic.json');
const { topics } = parseTopology({ UserConfig: { Namespaces: [{ Name: 'azure', Topics: [topic] }] } });

test('Azure has the topic, the subscriptions and the filters that npm start has', () => {
  const [namespace] = local.UserConfig.Namespaces;
  expect([topic]).toEqual(namespace?.Topics);
});

test('a duplicate is recognised for a day, and a setup is read in order', () => {
  const [events] = topics;
  expect(events?.duplicateWindowMs).toBe(24 * 60 * 60 * 1000);
  expect(events?.subscriptions.find(({ name }) => name === 'provisioning')?.settings.requiresSession).toBe(true);
});

test('filters ask for events that there are', () => {
  const types = new Set(milestoneNames.map(eventTypeOf));
  const asked = [...JSON.stringify(topic).matchAll(/"cloudEvents_type":"([^"]+)"/g)].map(([, type]) => type);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((type) => !types.has(type))).toEqual([]);
});
