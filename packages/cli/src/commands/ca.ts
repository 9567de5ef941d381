import {
  CertificateFolder,
  MOST_AUTHORITY_DAYS,
  MOST_DAYS,
  type Purpose,
} from '@holdfast/cluster/certificates'
import { authorityText, certificatesText, EXPIRES_SOON_DAYS, needsCare } from '../certificates-text.ts'
import { type CommandSpec, list, type OptionSpec, oneOf, wholeNumber } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { plural } from '../terminal/format.ts'
import { DEFAULT_NAME, JSON_OPTION } from './locate.ts'

interface CaOptions {
  name?: string
  certificates?: string
  json?: boolean
}

const FOLDER_OPTIONS: readonly OptionSpec[] = [
  { flags: '--name <name>', summary: `name of the data centre (default: ${DEFAULT_NAME})` },
  { flags: '--certificates <folder>', summary: 'where the certificates are (default: certificates)' },
]
const daysOption = (most: number, byDefault: number): OptionSpec => ({
  flags: '--days <days>',
  summary: `how long it lasts, 1 to ${most} (default: ${byDefault})`,
  parse: wholeNumber(1, most),
})
/** What a host that others dial is dialled as by its own tools. */
const LOOPBACK = { names: ['localhost'], addresses: ['127.0.0.1', '::1'] }

const folderOf = ({ name = DEFAULT_NAME, certificates = 'certificates' }: CaOptions) =>
  new CertificateFolder(certificates, name)

export const caCreate: CommandSpec<CaOptions & { days?: number; force?: boolean }> = {
  name: 'ca create',
  summary: 'make the certificate authority of a data centre',
  options: [
    ...FOLDER_OPTIONS,
    daysOption(MOST_AUTHORITY_DAYS, 3650),
    { flags: '--force', summary: 'replace the one that is there: all its certificates become worthless' },
    JSON_OPTION,
  ],
  notes: ['One authority a data centre. Its key, ca.key, stays on one machine; hosts get ca.crt only.'],
  async handler({ days, force = false, ...options }) {
    const authority = await folderOf(options).createAuthority({ force, ...(days && { days }) })
    console.log(options.json ? JSON.stringify(authority) : authorityText(authority))
    return EXIT.ok
  },
}

interface IssueOptions extends CaOptions {
  addresses?: string[]
  names?: string[]
  for?: 'host' | 'client'
  days?: number
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
  async handler({ addresses = [], names = [], for: what = 'host', days, ...options }, holder) {
    const loopback = what === 'host' ? LOOPBACK : { names: [], addresses: [] }
    const purposes: Purpose[] = what === 'host' ? ['server', 'client'] : ['client']
    const issued = await folderOf(options).issue({
      name: holder,
      names: [...names, ...loopback.names],
      addresses: [...addresses, ...loopback.addresses],
      purposes,
      ...(days && { days }),
    })
    console.log(options.json ? JSON.stringify(issued) : certificatesText([issued]))
    return EXIT.ok
  },
}

export const caRenew: CommandSpec<CaOptions & { within?: number; days?: number }> = {
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
  async handler({ within = EXPIRES_SOON_DAYS, days, ...options }) {
    const renewed = await folderOf(options).renew({ withinDays: within, ...(days && { days }) })
    if (options.json) console.log(JSON.stringify({ renewed }))
    else if (renewed.length > 0) console.log(certificatesText(renewed))
    else console.log(`Every certificate lasts ${plural(within, 'day')} or more.`)
    return EXIT.ok
  },
}

export const caShow: CommandSpec<CaOptions> = {
  name: 'ca show',
  summary: 'list the certificates of a data centre, and how long they last',
  options: [...FOLDER_OPTIONS, JSON_OPTION],
  notes: [`Exit code 1 when one lasts fewer than ${EXPIRES_SOON_DAYS} days, or is of another authority.`],
  async handler(options) {
    const found = await folderOf(options).list()
    if (options.json) console.log(JSON.stringify(found))
    else console.log([authorityText(found.authority), certificatesText(found.issued)].join('\n'))
    return [found.authority, ...found.issued].some(needsCare) ? EXIT.failed : EXIT.ok
  },
}
