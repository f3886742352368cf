export interface Row {
  readonly id: string;
  readonly subject: string;
  readonly status: string;
  readonly updatedAt: string;
}

export interface Change {
  readonly __typename: 'TicketEvent';
  readonly cursor: string;
  readonly ticketId: string;
  readonly matchesFilter: boolean;
  readonly ticket: Row | null;
}

export type LiveMessage =
  | Change
  | { readonly __typename: 'StreamReady'; readonly cursor: string; readonly resumed: boolean }
  | { readonly __typename: 'StreamGap'; readonly cursor: string };

export interface LiveData {
  readonly ticketEvents: LiveMessage;
}

export interface ListData {
  readonly tickets: { readonly nodes: readonly Row[] };
}

/** What an agent looks at. */
export interface Screen {
  /** The whole list, as it is now: told at the beginning, and wherever changes may have been lost. */
  list(rows: readonly Row[]): void;
  /** Each once, in order. A list may be newer than a change that follows it: of a row, the later `updatedAt` stays. */
  change(change: Change): void;
  /** The gateway refused, or the list could not be read. */
  failed(reason: unknown): void;
}

/** What a message means for a screen. @param read reads the list */
export function show(message: LiveMessage, screen: Screen, read: () => Promise<readonly Row[]>): void {
  const isNew = message.__typename === 'StreamReady' && !message.resumed;
  if (isNew || message.__typename === 'StreamGap') {
    read().then(
      (rows) => screen.list(rows),
      (error: unknown) => screen.failed(error),
    );
  }
  if (message.__typename === 'TicketEvent') screen.change(message);
}

export const listQuery = /* GraphQL */ `
  query Tickets {
    tickets(first: 50, orderBy: { field: UPDATED_AT, direction: DESC }) {
      nodes {
        id
        subject
        status
        updatedAt
      }
    }
  }
`;

export const liveQuery = /* GraphQL */ `
  subscription Live($filter: TicketEventFilter, $after: String) {
    ticketEvents(filter: $filter, after: $after) {
      __typename
      cursor
      ... on StreamReady {
        resumed
      }
      ... on TicketEvent {
        ticketId
        matchesFilter
        ticket {
          id
          subject
          status
          updatedAt
        }
      }
    }
  }
`;
