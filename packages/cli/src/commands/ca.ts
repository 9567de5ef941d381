import { DEFAULT_NAME, MOST_AUTHORITY_DAYS, MOST_DAYS } from '@holdfast/cluster/words'
import { EXPIRES_SOON_DAYS } from '../certificates-text.ts'
import { type CommandSpec, list, type OptionSpec, oneOf, wholeNumber } from '../command.ts'
import type { CaCreateOptions, CaOptions, CaRenewOptions, IssueOptions } from '../handlers/ca.ts'
import { JSON_OPTION } from './locate.ts'

const FOLDER_OPTIONS: readonly OptionSpec[] = [
  { flags: '--name <name>', summary: `name of the data centre (default: ${DEFAULT_NAME})` },
  { flags: '--certificates <folder>', summary: 'where the certificates are (default: certificates)' },
]
const daysOption = (most: number, byDefault: number): OptionSpec => ({
  flags: '--days <days>',
  summary: `how long it lasts, 1 to ${most} (default: ${byDefault})`,
  parse: wholeNumber(1, most),
})

export const caCreate: CommandSpec<CaCreateOptions> = {
  name: 'ca create',
  summary: 'make the certificate authority of a data centre',
  options: [
    ...FOLDER_OPTIONS,
    daysOption(MOST_AUTHORITY_DAYS, 3650),
    { flags: '--force', summary: 'replace the one that is there, whose files are kept; it asks first' },
    { flags: '--yes', summary: 'with --force: do not ask first' },
    JSON_OPTION,
  ],
  notes: ['One authority a data centre. Its key, ca.key, stays on one machine; hosts get ca.crt only.'],
  load: async () => (await import('../handlers/ca.ts')).caCreate,
}

export const caIssue: CommandSpec<IssueOptions> = {
  name: 'ca issue',
  summary: 'issue the certificate of a host or an application, with a new key',
  argument: { name: 'holder', summary: 'the name of the host or the application' },
  options: [
    ...FOLDER_OPTIONS,
    { flags: '--addresses <list>', summary: 'IP addresses under which others dial it', parse: list },
    { flags: '--names <list>', summary: 'further DNS names of it', parse: list },
    {
      flags: '--for <what>',
      summary: 'host: to be dialled and to dial, also by loopback; client: to dial only (default: host)',
      parse: oneOf('host', 'client'),
    },
    daysOption(MOST_DAYS, 90),
    JSON_OPTION,
  ],
  notes: [
    'A host:           holdfast ca issue redis-1 --addresses 10.0.1.11',
    'An application:   holdfast ca issue shop --for client',
    'Issued again, it takes the place of the one before.',
  ],
  load: async () => (await import('../handlers/ca.ts')).caIssue,
}

export const caRenew: CommandSpec<CaRenewOptions> = {
  name: 'ca renew',
  summary: 'issue anew what ends soon, has ended, or is of another authority',
  options: [
    ...FOLDER_OPTIONS,
    {
      flags: '--within <days>',
      summary: `what ends in fewer days (default: ${EXPIRES_SOON_DAYS})`,
      parse: wholeNumber(1, MOST_DAYS),
    },
    daysOption(MOST_DAYS, 90),
    JSON_OPTION,
  ],
  notes: ['Names and addresses stay. Hand the new files to the hosts, and let Redis read them again.'],
  load: async () => (await import('../handlers/ca.ts')).caRenew,
}

export const caShow: CommandSpec<CaOptions> = {
  name: 'ca show',
  summary: 'list the certificates of a data centre, and how long they last',
  options: [...FOLDER_OPTIONS, JSON_OPTION],
  notes: [`Exit code 1 when one lasts fewer than ${EXPIRES_SOON_DAYS} days, or is of another authority.`],
  load: async () => (await import('../handlers/ca.ts')).caShow,
}
