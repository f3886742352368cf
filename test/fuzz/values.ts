import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputType,
  type GraphQLScalarType,
} from 'graphql';
import { encodeNodeId } from '../../src/graphql/node-id.ts';
import type { Choices } from './choices.ts';

/** Texts that mean something somewhere: in paths, queries, headers, JSON, JavaScript, SQL, Unicode. */
export const oddTexts = [
  'tkt_1',
  '',
  '..',
  '../../webhooks',
  '/',
  '%2f..%2f',
  '?status=open',
  '#',
  '&after=1',
  'a\r\nX-Evil: 1',
  '\0',
  '\ud800',
  '\udfff\ud800',
  '\u202e',
  '\ufeff',
  '😀',
  'é'.repeat(300),
  'x'.repeat(2000),
  '__proto__',
  'constructor',
  'toString',
  'null',
  'NaN',
  "' OR 1=1 --",
  '"}',
  '${7*7}',
  '@127.0.0.1:1/',
  '//evil.example/',
  '\\\\evil.example\\',
  '2026-01-01T00:00:00Z',
  '2026-02-30T25:61:61Z',
  '+999999-01-01T00:00:00Z',
  'a@b.example',
  'WzEsIlJIM2dsUk5I',
] as const;

/** Of things that are there, and of such as are not. */
const ids = [
  'tkt_1',
  'system_status',
  'nobody',
  encodeNodeId('HELPDESK', 'Ticket', 'tkt_1'),
  encodeNodeId('HELPDESK', 'TicketField', 'system_status'),
  encodeNodeId('HELPDESK', 'TicketField', '../tickets'),
  encodeNodeId('HELPDESK', 'Webhook', '?a=b#'),
  encodeNodeId('HELPDESK', 'TicketFieldOption', 'system_status/%2e%2e'),
] as const;

const numbers = [0, 1, -1, 2, 50, 100, 101, 500, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 0.5, 1e308, -0] as const;

export const text = (choices: Choices): string =>
  choices.oneIn(3)
    ? String.fromCharCode(...Array.from({ length: choices.next(12) }, () => choices.next(0x1_0000)))
    : choices.pick(oddTexts);

/** Any JSON value, as odd as it may be. @param depth levels at most */
export function json(choices: Choices, depth: number): unknown {
  const kind = choices.next(depth > 0 ? 8 : 5);
  if (kind === 0) return null;
  if (kind === 1) return choices.oneIn(2);
  if (kind === 2) return choices.pick(numbers);
  if (kind < 5) return text(choices);
  const length = choices.next(4);
  if (kind === 5) return Array.from({ length }, () => json(choices, depth - 1));
  const members = Array.from({ length }, (): [string, unknown] => [text(choices), json(choices, depth - 1)]);
  return Object.fromEntries(members);
}

function scalar({ name }: GraphQLScalarType, choices: Choices): unknown {
  if (name === 'Boolean') return choices.oneIn(2);
  if (name === 'Int') return choices.oneIn(12) ? choices.pick(numbers) : 1 + choices.next(50);
  if (name === 'Float') return choices.pick(numbers);
  if (name === 'JSON') return json(choices, 3);
  if (name === 'DateTime' && !choices.oneIn(6)) return '2026-01-01T00:00:00Z';
  if (name === 'Date' && !choices.oneIn(6)) return '2026-01-01';
  if (name === 'ID' && !choices.oneIn(3)) return choices.pick(ids);
  return text(choices);
}

/** A value of a type, nearly always. @param depth levels of objects at most */
export function valueOf(type: GraphQLInputType, choices: Choices, depth = 4): unknown {
  if (choices.oneIn(40)) return json(choices, 2);
  if (isNonNullType(type)) return valueOf(type.ofType, choices, depth);
  if (choices.oneIn(12)) return null;
  if (isListType(type)) {
    const { ofType } = type;
    return Array.from({ length: choices.next(choices.oneIn(20) ? 120 : 4) }, () =>
      valueOf(ofType, choices, depth),
    );
  }
  if (isEnumType(type)) return type.getValues()[choices.next(type.getValues().length)]?.name ?? null;
  if (isInputObjectType(type)) {
    const members = Object.values(type.getFields()).filter(
      (field) => isNonNullType(field.type) || (depth > 0 && choices.oneIn(type.isOneOf ? 2 : 3)),
    );
    const chosen = type.isOneOf && !choices.oneIn(10) ? members.slice(0, 1) : members;
    return Object.fromEntries(chosen.map((field) => [field.name, valueOf(field.type, choices, depth - 1)]));
  }
  return scalar(type, choices);
}
