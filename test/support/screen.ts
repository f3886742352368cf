import type { Change, Row, Screen } from '../examples/screen.ts';

/** A screen that remembers all it was told. */
export function createScreen() {
  const lists: (readonly Row[])[] = [];
  const changes: Change[] = [];
  const failures: unknown[] = [];
  const screen: Screen = {
    list: (rows) => lists.push(rows),
    change: (change) => changes.push(change),
    failed: (reason) => failures.push(reason),
  };
  return {
    screen,
    lists,
    failures,
    get subjects() {
      return changes.map(({ ticket }) => ticket?.subject);
    },
  };
}
