import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** Commands that keep a process on its cores; none where that cannot be said. */
export interface Cores {
  readonly server: readonly string[];
  readonly others: readonly string[];
}

/** The server gets the first core for itself, everything else shares the rest. */
export function coresOf(): Cores {
  const cores = cpus().length;
  const known = spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  if (!known || availableParallelism() < 2) return { server: [], others: [] };
  return { server: ['taskset', '-c', '0'], others: ['taskset', '-c', cores === 2 ? '1' : `1-${cores - 1}`] };
}

/** How many files, and so sockets, a process may open: Node raises its own limit to this. null: no limit is known. */
export function fileLimit(): number | null {
  try {
    const text = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
    return text === 'unlimited' ? null : Number(text);
  } catch {
    return null;
  }
}

/** What figures are worth depends on it. */
export function machineLines({ server }: Cores): string[] {
  const [{ model } = { model: 'unknown' }] = cpus();
  return [
    `machine: ${model.trim()}, ${cpus().length} cores; ${process.platform} ${process.arch}; Node ${process.version}`,
    server.length > 0
      ? 'server on core 0, everything else on the rest'
      : 'no taskset, or one core: the server and everything else share the machine, and their figures suffer',
  ];
}

/** How many processes wanted a core in the last minute: more than there are cores, and times are not the servers' own. */
export const loadLine = (): string => `load of the machine: ${(loadavg()[0] ?? 0).toFixed(1)}`;
