/** Who asks for what. `a`: everybody for everything, with one document. `b`: half of them with documents of their own. `c`: each for a hundredth. */
export const scenarios = ['a', 'b', 'c'] as const;
export type Scenario = (typeof scenarios)[number];

/** In scenario `c` each subscriber asks for the tickets of one agent. */
export const agents = 100;

/** Their tickets go to all subscribers of scenario `c` too: one event that shows that each of them hears. */
export const everybody = 'usr_everybody';

export const agentOf = (index: number): string => `usr_${index % agents}`;

/** What a subscriber sends to subscribe. */
export interface Subscribe {
  readonly query: string;
  readonly variables?: { readonly filter: { readonly assigneeId: readonly string[] } };
}

/**
 * What a list of tickets needs to stay right.
 * @param status how it calls the status of a ticket: another word makes it another document, with other answers
 */
const documentOf = (status: string): string => `subscription TicketEvents($filter: TicketEventFilter) {
  ticketEvents(filter: $filter) {
    __typename
    cursor
    ... on StreamGap { reason }
    ... on TicketEvent {
      eventId
      type
      matchesFilter
      ticket { id subject ${status} priority assignee { localId } updatedAt }
    }
  }
}`;

const shared = documentOf('status');

/** @param index of the subscriber, from 0 */
export function subscribeOf(scenario: Scenario, index: number): Subscribe {
  if (scenario === 'c')
    return { query: shared, variables: { filter: { assigneeId: [agentOf(index), everybody] } } };
  return { query: scenario === 'b' && index % 2 === 1 ? documentOf(`status${index}: status`) : shared };
}

/** How many of so many subscribers an event is for. @param event its number, from 0 */
export function audienceOf(scenario: Scenario, subscribers: number, event: number): number {
  if (scenario !== 'c') return subscribers;
  const whole = Math.floor(subscribers / agents);
  return whole + (event % agents < subscribers % agents ? 1 : 0);
}
