import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { describeError } from '../domain/redact.ts';
import { findingsOf, type Finding } from './finding.ts';

/** Bytes on the disk below which it is time to look after it, and below which the log will soon take no more. */
const scarce = 2 ** 30;
const tooFew = 64 * 2 ** 20;

/** File systems of other machines, as Linux numbers them: NFS, SMB, CIFS, SMB2, FUSE, Ceph, 9p, AFS. */
const remote: readonly number[] = [
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0xc36400, 0x01021997, 0x5346414f,
];

/** Whether the folder of events can be used; it is not made. */
export async function checkFolder(dataDir: string): Promise<readonly Finding[]> {
  const { ok, warn, fail } = findingsOf('data');
  const folder = resolve(dataDir);
  try {
    const there = await nearest(folder);
    if (!(await stat(there)).isDirectory())
      return [fail(`${there} is no folder.`, 'Set DATA_DIR to a folder.')];
    await access(there, constants.W_OK | constants.X_OK);
    const { type, bavail, bsize } = await statfs(there);
    const free = bavail * bsize;
    const left = `${(free / 2 ** 30).toFixed(1)} GiB are free`;
    const findings = [
      free < tooFew
        ? fail(`${folder} is almost full: ${left}.`, 'Make room: a full disk takes no more events.')
        : free < scarce
          ? warn(`${folder} is writable, ${left}.`, 'Make room, or lower EVENT_RETENTION_HOURS.')
          : ok(`${folder} ${there === folder ? 'is writable' : 'can be made'}, ${left}.`),
    ];
    return remote.includes(type)
      ? [
          ...findings,
          fail(
            `${folder} is not on a local disk.`,
            'Move it to one: other file systems keep no promise about locks.',
          ),
        ]
      : findings;
  } catch (error) {
    const { message } = describeError(error);
    return [fail(`${folder} cannot be used (${message}).`, 'Let the user of the gateway write there.')];
  }
}

/** The folder, or the one above it in which it would be made. */
async function nearest(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    const parent = dirname(folder);
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing || parent === folder) throw error;
    return nearest(parent);
  }
}
