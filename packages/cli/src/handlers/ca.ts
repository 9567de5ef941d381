import { CertificateFolder, type Purpose } from '@holdfast/cluster/certificates'
import { DEFAULT_NAME } from '@holdfast/cluster/words'
import { authorityText, certificatesText, EXPIRES_SOON_DAYS, needsCare } from '../certificates-text.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
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

export type CaCreateOptions = CaOptions & { days?: number; force?: boolean }

/** Makes an authority. Throws what `CertificateFolder` throws. */
export async function caCreate({ days, force = false, ...options }: CaCreateOptions): Promise<ExitCode> {
  const authority = await folderOf(options).createAuthority({ force, ...(days && { days }) })
  console.log(options.json ? JSON.stringify(authority) : authorityText(authority))
  return EXIT.ok
}

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
  const issued = await folderOf(options).issue({
    name: holder,
    names: [...names, ...loopback.names],
    addresses: [...addresses, ...loopback.addresses],
    purposes,
    ...(days && { days }),
  })
  console.log(options.json ? JSON.stringify(issued) : certificatesText([issued]))
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
