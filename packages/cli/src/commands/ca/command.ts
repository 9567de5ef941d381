import { MOST_AUTHORITY_DAYS, MOST_DAYS } from '@holdfast/site/certificates/days'
import { DEFAULT_NAME } from '@holdfast/site/topology/topology'
import {
  type AnyCommand,
  type CommandSpec,
  list,
  type OptionSpec,
  oneOf,
  wholeNumber,
} from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { CERTIFICATES_OPTION, JSON_OPTION } from '../../data-centre/options.ts'
import { RENEWAL_DAYS } from './options.ts'
import type { CaCreateOptions, CaOptions, CaRenewOptions, IssueOptions } from './run.ts'

const FOLDER_OPTIONS: readonly OptionSpec[] = [
  { flags: '--name <name>', summary: `Name of the data centre (default: ${DEFAULT_NAME})` },
  CERTIFICATES_OPTION,
]
const daysOption = (max: number, byDefault: number): OptionSpec => ({
  flags: '--days <days>',
  summary: `Lifetime, 1 to ${max} days (default: ${byDefault})`,
  parse: wholeNumber(1, max),
})

const caCreate: CommandSpec<CaCreateOptions> = {
  name: 'ca create',
  summary: 'Create the certificate authority of a data centre',
  options: [
    ...FOLDER_OPTIONS,
    daysOption(MOST_AUTHORITY_DAYS, 3650),
    { flags: '--force', summary: 'Replace the existing one and keep its files' },
    { flags: '--yes', summary: 'With --force: do not ask for confirmation' },
    JSON_OPTION,
  ],
  notes: ['Each data centre has one authority. Keep its key, ca.key, on one machine; hosts get only ca.crt.'],
  examples: ['holdfast ca create --name dc1'],
  exits: [EXIT.interrupted],
  load: async () => (await import('./run.ts')).caCreate,
}

const caIssue: CommandSpec<IssueOptions> = {
  name: 'ca issue',
  summary: 'Issue a certificate for a host or an application',
  argument: { name: 'holder', summary: 'Name of the host or the application' },
  options: [
    ...FOLDER_OPTIONS,
    { flags: '--addresses <list>', summary: 'IP addresses that clients connect to', parse: list },
    { flags: '--names <list>', summary: 'More DNS names that clients connect to', parse: list },
    {
      flags: '--usage <usage>',
      summary: 'host (server and client) or client (default: host)',
      parse: oneOf('host', 'client'),
    },
    daysOption(MOST_DAYS, 90),
    JSON_OPTION,
  ],
  notes: [
    'A new certificate and key replace those that the holder has. A host certificate also covers loopback.',
  ],
  examples: ['holdfast ca issue redis-1 --addresses 10.0.1.11', 'holdfast ca issue shop --usage client'],
  load: async () => (await import('./run.ts')).caIssue,
}

const caRenew: CommandSpec<CaRenewOptions> = {
  name: 'ca renew',
  summary: 'Renew certificates that expire soon',
  options: [
    ...FOLDER_OPTIONS,
    {
      flags: '--within <days>',
      summary: `Renew those that last fewer days (default: ${RENEWAL_DAYS})`,
      parse: wholeNumber(1, MOST_DAYS),
    },
    daysOption(MOST_DAYS, 90),
    JSON_OPTION,
  ],
  notes: [
    'Expired certificates and those of another authority are renewed too. Names and addresses stay the same. Copy the new files to the hosts, and reload Redis.',
  ],
  load: async () => (await import('./run.ts')).caRenew,
}

const caShow: CommandSpec<CaOptions> = {
  name: 'ca show',
  summary: 'List certificates and how long they last',
  options: [...FOLDER_OPTIONS, JSON_OPTION],
  notes: [`Exit code 1 means that a certificate expires in ${RENEWAL_DAYS} days or is of another authority.`],
  load: async () => (await import('./run.ts')).caShow,
}

export const CA_COMMANDS: readonly AnyCommand[] = [caCreate, caIssue, caRenew, caShow]
