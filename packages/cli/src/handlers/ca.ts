import { CertificateFolder, type Purpose } from '@holdfast/cluster/certificates'
import { DEFAULT_NAME } from '@holdfast/cluster/words'
import { authorityText, certificatesText, EXPIRES_SOON_DAYS, needsCare } from '../certificates-text.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { assertTerminal, confirm } from '../terminal/confirm.ts'
import { plural } from '../terminal/format.ts'

export interface CaOptions {
  name?: string
  certificates?: string
  json?: boolean
}

/** What a host that others dial is dialled as by its own tools. */
const LOOPBACK = { names: ['localhost'], addresses: ['127.0.0.1', '::1'] }

const folderOf = ({ name = DEFAULT_NAME, certificates = 'certificates' }: CaOptions) =>
  new CertificateFolder(certificates, name)

export type CaCreateOptions = CaOptions & { days?: number; force?: boolean; yes?: boolean }

/** Makes an authority. Throws `UsageError`, and what `CertificateFolder` throws. */
export async function caCreate({
  days,
  force = false,
  yes = false,
  ...options
}: CaCreateOptions): Promise<ExitCode> {
  const folder = folderOf(options)
  if (force && (await folder.hasAuthority())) {
    console.error(replacingText(folder))
    if (!yes) {
      assertTerminal()
      if (!(await confirm('Replace the authority?'))) {
        console.error('Nothing was changed.')
        return EXIT.failed
      }
    }
  }
  const authority = await folder.createAuthority({ force, ...(days && { days }) })
  console.log(options.json ? JSON.stringify(authority) : authorityText(authority))
  if (!options.json && authority.kept.length > 0) console.log(wayBackText(folder, authority.kept))
  return EXIT.ok
}

/** What stops working with another authority. */
const replacingText = ({ dataCentre, path }: CertificateFolder): string =>
  [
    `  This replaces the authority of ${dataCentre} in ${path}.`,
    '  - Every certificate that it signed is refused by each host and application that believes the new one alone.',
    '  - A host with a new certificate is refused by all that still believe the old one: connections, replication and failover break.',
    '  - While hosts run, first put both authorities into ca.pem of every host: see docs/rotation.md.',
  ].join('\n')

const wayBackText = ({ path }: CertificateFolder, kept: readonly string[]): string =>
  [
    '  The old authority is kept:',
    ...kept.map((file) => `    ${file}`),
    `  The way back, before a host got a new certificate: copy them over ca.crt and ca.key in ${path}.`,
    '  Then `holdfast ca renew` signs again what the new authority had signed.',
    '',
  ].join('\n')

export interface IssueOptions extends CaOptions {
  addresses?: string[]
  names?: string[]
  for?: 'host' | 'client'
  days?: number
}

/** Issues a certificate. Throws what `CertificateFolder` throws. */
export async function caIssue(
  { addresses = [], names = [], for: what = 'host', days, ...options }: IssueOptions,
  holder: string,
): Promise<ExitCode> {
  const loopback = what === 'host' ? LOOPBACK : { names: [], addresses: [] }
  const purposes: Purpose[] = what === 'host' ? ['server', 'client'] : ['client']
  const folder = folderOf(options)
  const before = await folder.find(holder).catch(() => null)
  const issued = await folder.issue({
    name: holder,
    names: [...names, ...loopback.names],
    addresses: [...addresses, ...loopback.addresses],
    purposes,
    ...(days && { days }),
  })
  console.log(options.json ? JSON.stringify(issued) : certificatesText([issued]))
  const held = ({ names, addresses: own }: typeof issued) => [...names, ...own]
  const lost = before === null ? [] : held(before.file).filter((name) => !held(issued).includes(name))
  if (lost.length > 0) {
    console.error(
      `  The certificate that this one replaces also held ${lost.join(', ')}. Who is dialled so needs one with it: issue it again.`,
    )
  }
  return EXIT.ok
}

export type CaRenewOptions = CaOptions & { within?: number; days?: number }

/** Issues anew what ends soon. Throws what `CertificateFolder` throws. */
export async function caRenew({
  within = EXPIRES_SOON_DAYS,
  days,
  ...options
}: CaRenewOptions): Promise<ExitCode> {
  const renewed = await folderOf(options).renew({ withinDays: within, ...(days && { days }) })
  if (options.json) console.log(JSON.stringify({ renewed }))
  else if (renewed.length > 0) console.log(certificatesText(renewed))
  else console.log(`Every certificate lasts ${plural(within, 'day')} or more.`)
  return EXIT.ok
}

/** Lists an authority and what it issued. Throws what `CertificateFolder` throws. */
export async function caShow(options: CaOptions): Promise<ExitCode> {
  const found = await folderOf(options).list()
  if (options.json) console.log(JSON.stringify(found))
  else console.log([authorityText(found.authority), certificatesText(found.issued)].join('\n'))
  return [found.authority, ...found.issued].some(needsCare) ? EXIT.failed : EXIT.ok
}
