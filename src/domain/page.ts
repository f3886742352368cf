/** What to read of a list, in the backend's own terms. */
export interface PageRequest {
  /** Rows wanted; 1 to the backend's `capabilities.maxPageSize`. */
  readonly size: number;
  /** The backend's own opaque cursor; null for the first page. */
  readonly cursor: string | null;
}

/** One page as the backend sent it. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page starts; null on the last one. A page may be empty and still have a next. */
  readonly nextCursor: string | null;
}
