import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../support/virtual-clock.ts';

describe('the virtual clock', () => {
  test('runs due timers in order, each at its own time', async () => {
    const clock = createVirtualClock(1_000);
    const seen: [string, number][] = [];
    const note = (name: string) => (): void => {
      seen.push([name, clock.now()]);
    };
    clock.after(30, note('third'));
    clock.after(10, note('first'));
    clock.after(10, note('second'));
    clock.after(31, note('not yet'));
    await clock.advance(30);
    expect(seen).toEqual([
      ['first', 1_010],
      ['second', 1_010],
      ['third', 1_030],
    ]);
    expect(clock.now()).toBe(1_030);
    expect(clock.nextAt).toBe(1_031);
  });

  test('lets promises settle between timers, so that what they start runs in the same advance', async () => {
    const clock = createVirtualClock(0);
    const sleep = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        clock.after(ms, resolve);
      });
    const seen: number[] = [];
    void (async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await sleep(10);
        seen.push(clock.now());
      }
    })();
    await clock.advance(25);
    expect(seen).toEqual([10, 20]);
    await clock.advance(5);
    expect(seen).toEqual([10, 20, 30]);
  });

  test('forgets a timer that was cancelled', async () => {
    const clock = createVirtualClock();
    let calls = 0;
    const cancel = clock.after(10, () => {
      calls += 1;
    });
    expect(clock.timers).toBe(1);
    cancel();
    cancel();
    await clock.advance(20);
    expect([calls, clock.timers, clock.nextAt]).toEqual([0, 0, null]);
  });

  test('keeps the delays of timers when it is set', async () => {
    const clock = createVirtualClock(100_000);
    const seen: number[] = [];
    clock.after(10, () => seen.push(clock.now()));
    clock.jump(-50_000);
    await clock.advance(10);
    expect(seen).toEqual([50_010]);
  });
});
