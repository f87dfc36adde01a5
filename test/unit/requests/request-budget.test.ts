import { describe, expect, test } from 'vitest';
import type { BucketSize, Told } from '../../../shared/requests/request-budget.ts';
import { RequestBudget } from '../../../shared/requests/request-budget.ts';

const reads = { capacity: 250, perSecond: 25 };
const writes = { capacity: 200, perSecond: 10 };

/** A budget whose last request, sent and answered at time 0, was told this. */
function told(answer: Told, size: BucketSize = reads): RequestBudget {
  const budget = new RequestBudget(size);
  budget.take(0);
  budget.settle(0, answer);
  return budget;
}

describe('the next request', () => {
  test('waits for nothing while nothing is known, or the bucket is full', () => {
    expect(new RequestBudget(reads).nextTurn(0)).toBe(0);
    expect(told({ served: true, remaining: 250 }).nextTurn(0)).toBe(0);
  });

  test.each([
    [reads, 249, 0],
    [reads, 225, 4],
    [reads, 125, 39],
    [reads, 50, 146],
    [reads, 10, 437],
    [reads, 1, 592],
    [reads, 0, 612],
    [writes, 180, 11],
    [writes, 100, 98],
    [writes, 20, 653],
    [writes, 0, 1_365],
  ])('of a bucket of %o with %i left waits for %i ms', (size, remaining, wait) => {
    expect(told({ served: true, remaining }, size).nextTurn(0)).toBe(wait);
  });

  test.each([
    [100, 100, 58],
    [100, 125, 1_000],
    [0, 25, 1_000],
    [0, 200, 8_000],
  ])('of a bucket with %i left and %i others before it waits for %i ms at best', (remaining, ahead, wait) => {
    expect(told({ served: true, remaining }).turnAfter(ahead, 0)).toBe(wait);
  });

  test('has its turn when that time has passed, and not before', () => {
    const budget = told({ served: true, remaining: 0 });
    expect([budget.nextTurn(400), budget.nextTurn(612), budget.nextTurn(700)]).toEqual([612, 612, 700]);
  });

  test('counts what time has filled', () => {
    const budget = told({ served: true, remaining: 0 });
    expect([budget.remainingAt(1_000), budget.remainingAt(60_000)]).toEqual([25, 250]);
  });

  test('counts none twice where no answer says what is left', () => {
    const budget = new RequestBudget(reads);
    for (let request = 0; request < 50; request += 1) budget.take(0);
    for (let request = 0; request < 50; request += 1) budget.settle(0, { served: true, remaining: undefined });
    expect(budget.remainingAt(0)).toBe(200);
  });

  test('counts those that have no answer yet', () => {
    const budget = new RequestBudget(reads);
    for (let sent = 0; sent < 101; sent += 1) budget.take(0);
    budget.settle(0, { served: true, remaining: 249 });
    expect(budget.remainingAt(0)).toBe(149);
    for (let answered = 1; answered < 101; answered += 1) budget.settle(0, undefined);
    budget.take(0);
    budget.settle(0, { served: true, remaining: 240 });
    expect(budget.remainingAt(0)).toBe(240);
  });
});

describe('after a refusal', () => {
  test('none is sent before the time that the service wants', () => {
    expect(told({ served: false, againAfterMs: 17_000 }).nextTurn(100)).toBe(17_000);
  });

  test('a shorter one does not end the time of a longer one', () => {
    const budget = told({ served: false, againAfterMs: 17_000 });
    budget.take(100);
    budget.settle(1_000, { served: false, againAfterMs: 2_000 });
    expect(budget.nextTurn(1_000)).toBe(17_000);
  });

  test('one is sent first, and the others when it was answered', () => {
    const budget = told({ served: false, againAfterMs: 17_000 });
    budget.take(17_000);
    expect(budget.nextTurn(17_000)).toBe(17_612);
    budget.settle(17_100, { served: true, remaining: 250 });
    expect(budget.nextTurn(17_100)).toBe(17_100);
  });

  test('one whose answer is lost keeps nobody out, and lets nobody in at once', () => {
    const budget = told({ served: false, againAfterMs: 17_000 });
    for (const now of [17_000, 60_000, 120_000]) {
      expect(budget.nextTurn(now)).toBe(now);
      budget.take(now);
      expect(budget.nextTurn(now)).toBe(now + 612);
      budget.settle(now + 100, undefined);
      expect(budget.nextTurn(now + 612)).toBe(now + 612);
    }
  });

  test('the answer to an earlier request changes nothing', () => {
    const budget = new RequestBudget(reads);
    budget.take(0);
    budget.take(0);
    budget.settle(100, { served: false, againAfterMs: 5_000 });
    budget.settle(200, { served: true, remaining: 240 });
    expect([budget.nextTurn(200), budget.remainingAt(5_100)]).toEqual([5_100, 0]);
  });
});

/** Hosts that know nothing of each other want to send without end. Gives what the service took and what it refused. */
function play(hosts: number, { capacity, perSecond }: BucketSize, seconds: number) {
  const [STEP_MS, ANSWER_MS] = [10, 100];
  const budgets = Array.from({ length: hosts }, () => new RequestBudget({ capacity, perSecond }));
  const answers: { due: number; budget: RequestBudget; answer: Told }[] = [];
  let [filled, taken, refused] = [capacity, 0, 0];
  const ask = (): Told => {
    if (filled < 1) {
      refused += 1;
      return { served: false, againAfterMs: 1_000 };
    }
    filled -= 1;
    taken += 1;
    return { served: true, remaining: Math.floor(filled) };
  };
  for (let now = 0; now < seconds * 1_000; now += STEP_MS) {
    filled = Math.min(capacity, filled + (perSecond * STEP_MS) / 1_000);
    for (let [next] = answers; next !== undefined && next.due <= now; [next] = answers) {
      next.budget.settle(now, next.answer);
      answers.shift();
    }
    for (const budget of budgets) {
      for (; budget.nextTurn(now) <= now; budget.take(now)) {
        answers.push({ due: now + ANSWER_MS, budget, answer: ask() });
      }
    }
  }
  return { taken, refused };
}

test.each([
  [1, reads],
  [3, reads],
  [10, reads],
  [1, writes],
  [3, writes],
  [10, writes],
])('%i hosts that want more than %o use all of it and are never refused', (hosts, size) => {
  const { taken, refused } = play(hosts, size, 60);
  expect(refused).toBe(0);
  expect(taken).toBeGreaterThanOrEqual(60 * size.perSecond);
});
