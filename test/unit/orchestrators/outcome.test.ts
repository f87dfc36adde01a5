import { expect, test } from 'vitest';
import { outcomeOf, outcomeOfThrown } from '../../../orchestrators/activities/outcome.ts';

const failure = { code: '50001', cause: 'measured 120', remedy: 'ALTER DATABASE' };

test.each([
  ['done', {}, null, undefined],
  ['done, with an answer', {}, { kind: 'present', runtimeName: 'shir' }, undefined],
  ['stopped by its fence', {}, { stopped: 'canceled' }, { outcome: 'stopped', code: 'canceled' }],
  ['failed for good', {}, { failed: failure }, { outcome: 'failed', code: '50001' }],
  ['failed by a check', {}, { failure }, { outcome: 'failed', code: '50001' }],
  ['refused', {}, { kind: 'refused', cause: 'It is another one.' }, { outcome: 'refused' }],
  [
    'done, by writing down that a setup failed',
    { milestone: { name: 'failed', data: { failure, removed: [], left: [] } } },
    { published: true },
    { outcome: 'setupFailed', code: '50001' },
  ],
])('an activity is %s', (_what, input, answer, expected) => {
  expect(outcomeOf(input, answer)).toEqual(expected);
});

test.each([
  ['the code of a service', Object.assign(new Error('a text'), { code: 'TooManyRequests' }), 'TooManyRequests'],
  ['the class of an error without one', new TypeError('a text'), 'TypeError'],
  ['the type of what is no error', 'a text', 'string'],
])('what is thrown is tried again, and told by %s', (_what, thrown, code) => {
  expect(outcomeOfThrown(thrown)).toEqual({ outcome: 'retried', code });
});
