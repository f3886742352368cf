/** A member of one list at a time. */
export interface Links<T> {
  next: T | null;
  previous: T | null;
}

/** A list whose members carry their own links: first, append and remove cost O(1) and allocate nothing. */
export interface LinkedList<T extends Links<T>> {
  first(): T | null;
  append(member: T): void;
  /** `member` must be in this list. */
  remove(member: T): void;
}

export function createLinkedList<T extends Links<T>>(): LinkedList<T> {
  let first: T | null = null;
  let last: T | null = null;
  return {
    first: () => first,
    append(member) {
      member.previous = last;
      member.next = null;
      if (last === null) first = member;
      else last.next = member;
      last = member;
    },
    remove(member) {
      if (member.previous === null) first = member.next;
      else member.previous.next = member.next;
      if (member.next === null) last = member.previous;
      else member.next.previous = member.previous;
      member.next = null;
      member.previous = null;
    },
  };
}
