const length = 6;
const space = 36 ** length;
// Coprime to 36^6, so that counting up visits every id once, in an order that looks random.
const step = 1_540_863_701;

/**
 * Ids such as `tkt_4fz81k`: a prefix and six characters, never the same twice (for two thousand million ids).
 * @param start where in the sequence to begin; ids of one seed are always the same
 */
export function createIds(prefix: string, start: number): () => string {
  let at = start % space;
  return () => {
    at = (at + step) % space;
    return `${prefix}_${at.toString(36).padStart(length, '0')}`;
  };
}
