/** What a subscriber is told, as far as the faults are concerned. */
export type FeedMessage =
  | {
      readonly __typename: 'StreamReady';
      readonly cursor: string;
      readonly resumed: boolean;
      readonly replayCount: number;
    }
  | { readonly __typename: 'StreamGap'; readonly cursor: string; readonly reason: string }
  | {
      readonly __typename: 'TicketEvent';
      readonly cursor: string;
      readonly eventId: string;
      readonly type: string;
      readonly stale: boolean;
      readonly replayed: boolean;
      readonly ticketId: string;
      readonly matchesFilter: boolean;
    };

export type FeedEvent = Extract<FeedMessage, { readonly __typename: 'TicketEvent' }>;

/** An answer of the gateway, one of many. */
export interface FeedResult {
  readonly data?: { readonly ticketEvents: FeedMessage } | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

export interface FeedVariables {
  readonly filter: Readonly<Record<string, unknown>>;
  readonly after?: string;
}

export const feedQuery = /* GraphQL */ `
  subscription Feed($filter: TicketEventFilter, $after: String) {
    ticketEvents(filter: $filter, after: $after) {
      __typename
      cursor
      ... on StreamReady {
        resumed
        replayCount
      }
      ... on StreamGap {
        reason
      }
      ... on TicketEvent {
        eventId
        type
        stale
        replayed
        ticketId
        matchesFilter
      }
    }
  }
`;
