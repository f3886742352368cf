import { writeSync } from 'node:fs';
import { createSqliteLog } from '../../src/events/log/sqlite-log.ts';
import { makeEvent } from '../contract/event-fixtures.ts';

/*
 * A process that appends to the log in the folder it is given until it is ended or an append fails, some at a time.
 * Writes a line for each append once it is acknowledged: its position and event id; for a failure its code.
 */
const [folder = '', run = 'run'] = process.argv.slice(2);
const log = createSqliteLog({ folder });
let count = 0;
let failed = false;

async function appendOne(): Promise<void> {
  count += 1;
  const event = makeEvent({ eventId: `${run}_${count}`, ticketId: `tkt_${count % 7}` });
  try {
    const outcome = await log.append('ws_a', event, new Date().toISOString());
    if (outcome.result === 'REPEATED') throw new Error('a repeat');
    const { position } = await log.head('ws_a');
    writeSync(1, `${outcome.record.cursor} ${event.eventId} ${position}\n`);
  } catch (error) {
    failed = true;
    writeSync(
      1,
      `failed ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}\n`,
    );
  }
}

while (!failed) await Promise.all(Array.from({ length: 1 + (count % 4) }, appendOne));
writeSync(1, `readable ${(await log.read('ws_a', 0, 100_000)).length}\n`);
await log.close();
