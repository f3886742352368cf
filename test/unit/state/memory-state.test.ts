import { describe } from 'vitest';
import { createMemoryState } from '../../../src/state/memory-state.ts';
import { stateStoreContract } from '../../contract/state-store.ts';

describe('in memory', () => {
  stateStoreContract(() => {
    const store = createMemoryState();
    return [store, store];
  });
});
