import type { Random } from './random.ts';
import type { Priority, Status, TicketRow, TicketType, TicketValues } from './rows.ts';

const subjects: Readonly<Record<TicketType, readonly string[]>> = {
  question: [
    'How do I add a colleague to our account?',
    'Where can I download last month’s invoice?',
    'Can we change the billing address?',
    'Is there a limit on attachments?',
    'Which plan includes single sign-on?',
    'How long are exports kept?',
  ],
  incident: [
    'Login page shows an error since this morning',
    'Export stops at 80 %',
    'App closes when I open a report',
    'E-mails arrive hours late',
    'Payment was taken twice',
    'Search finds nothing at all',
  ],
  problem: [
    'Reports are wrong on the last day of a month',
    'Integration loses its token every week',
    'Numbers differ between app and web',
    'Umlauts are broken in PDF exports',
  ],
  task: [
    'Please delete our test workspace',
    'Move our data to the EU region',
    'Prepare the contract renewal',
    'Set up the new office in Porto',
  ],
};
const names = [
  'Amara Diallo',
  'Bruno Keller',
  'Camila Rojas',
  'Dmitri Sokolov',
  'Emma Lindqvist',
  'Farah Haddad',
  'Georgios Pappas',
  'Hana Novotná',
  'Ivan Petrov',
  'Julia Brandt',
  'Kofi Mensah',
  'Leïla Benali',
  'Mateusz Zieliński',
  'Noor Rahman',
  'Olga Ivanova',
  'Paul O’Brien',
  'Qing Zhao',
  'Rosa Márquez',
  'Søren Holm',
  'Tariq Aziz',
  'Uma Krishnan',
  'Wei Chen',
];
const companies = ['acme', 'brightside', 'caravel', 'dunmore', 'eastgate', 'fernhill', 'greyfriars'];
const tags = [
  'billing',
  'bug',
  'feature-request',
  'login',
  'mobile',
  'onboarding',
  'refund',
  'vip',
  'api',
  'export',
];
const typeMix: readonly TicketType[] = [
  'question',
  'question',
  'question',
  'incident',
  'incident',
  'problem',
  'task',
];
const priorityMix: readonly Priority[] = [
  'low',
  'normal',
  'normal',
  'normal',
  'normal',
  'high',
  'high',
  'urgent',
];

/** Those who write in; the local parts of their addresses are lower-case ASCII. */
const requesters = names.map((name) => ({
  name,
  mailbox: name
    .normalize('NFD')
    .replaceAll(/[^A-Za-z ]/g, '')
    .toLowerCase()
    .replaceAll(' ', '.'),
}));

/** What somebody might write in, without status, assignee and custom fields. */
export function writeIn(
  random: Random,
): TicketValues & Pick<TicketRow, 'subject' | 'type' | 'priority' | 'tags'> {
  const type = random.pick(typeMix);
  const requester = random.pick(requesters);
  return {
    subject: random.pick(subjects[type]),
    type,
    priority: random.pick(priorityMix),
    requesterName: requester.name,
    requesterEmail: `${requester.mailbox}@${random.pick(companies)}.example`,
    tags: random.some(tags, random.below(4)).toSorted(),
  };
}

/** Old tickets are mostly done, young ones mostly not. @param age 0: just written, 1: the oldest */
export function statusAtAge(age: number, random: Random): Status {
  if (age < 0.05) return random.pick(['new', 'new', 'open']);
  if (age < 0.3) return random.pick(['new', 'open', 'open', 'pending', 'resolved']);
  if (age < 0.6) return random.pick(['open', 'pending', 'resolved', 'resolved', 'closed']);
  return random.pick(['pending', 'resolved', 'closed', 'closed', 'closed']);
}
