import { CertificateFolder } from '@holdfast/site/certificates/folder'
import type { Purpose } from '@holdfast/site/certificates/inspect'
import { DEFAULT_NAME } from '@holdfast/site/topology/topology'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { assertTerminal, confirm } from '../../command-line/prompt.ts'
import { plural } from '../../terminal/format.ts'
import { RENEWAL_DAYS } from './options.ts'
import { authorityText, certificatesText, isDue, replacementWarning, rollbackText } from './text.ts'

export interface CaOptions {
  name?: string
  certificates?: string
  json?: boolean
}

/** Tools on a host connect to it by these. */
const LOOPBACK = { names: ['localhost'], addresses: ['127.0.0.1', '::1'] }

const openFolder = ({ name = DEFAULT_NAME, certificates = 'certificates' }: CaOptions) =>
  new CertificateFolder(certificates, name)

export type CaCreateOptions = CaOptions & { days?: number; force?: boolean; yes?: boolean }

/** Creates an authority. Throws `UsageError`, and what `CertificateFolder` throws. */
export async function caCreate({
  days,
  force = false,
  yes = false,
  ...options
}: CaCreateOptions): Promise<ExitCode> {
  const folder = openFolder(options)
  if (force && (await folder.hasAuthority())) {
    console.error(replacementWarning(folder))
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
  if (!options.json && authority.kept.length > 0) console.log(rollbackText(folder, authority.kept))
  return EXIT.ok
}

export interface IssueOptions extends CaOptions {
  addresses?: string[]
  names?: string[]
  usage?: 'host' | 'client'
  days?: number
}

/** Issues a certificate. Throws what `CertificateFolder` throws. */
export async function caIssue(
  { addresses = [], names = [], usage = 'host', days, ...options }: IssueOptions,
  holder: string,
): Promise<ExitCode> {
  const loopback = usage === 'host' ? LOOPBACK : { names: [], addresses: [] }
  const purposes: Purpose[] = usage === 'host' ? ['server', 'client'] : ['client']
  const folder = openFolder(options)
  const before = await folder.find(holder).catch(() => null)
  const issued = await folder.issue({
    name: holder,
    names: [...names, ...loopback.names],
    addresses: [...addresses, ...loopback.addresses],
    purposes,
    ...(days && { days }),
  })
  console.log(options.json ? JSON.stringify(issued) : certificatesText([issued]))
  const identities = ({ names, addresses: own }: typeof issued) => [...names, ...own]
  const missing =
    before === null
      ? []
      : identities(before.file).filter((identity) => !identities(issued).includes(identity))
  if (missing.length > 0) {
    console.error(
      `  The previous certificate also contained ${missing.join(', ')}. If clients connect to ${holder} by these, issue it again with them.`,
    )
  }
  return EXIT.ok
}

export type CaRenewOptions = CaOptions & { within?: number; days?: number }

/** Renews the certificates that expire soon. Throws what `CertificateFolder` throws. */
export async function caRenew({
  within = RENEWAL_DAYS,
  days,
  ...options
}: CaRenewOptions): Promise<ExitCode> {
  const renewed = await openFolder(options).renew({ withinDays: within, ...(days && { days }) })
  if (options.json) console.log(JSON.stringify({ renewed }))
  else if (renewed.length > 0) console.log(certificatesText(renewed))
  else console.log(`Every certificate lasts ${plural(within, 'day')} or more.`)
  return EXIT.ok
}

/** Lists an authority and its certificates. Throws what `CertificateFolder` throws. */
export async function caShow(options: CaOptions): Promise<ExitCode> {
  const found = await openFolder(options).list()
  if (options.json) console.log(JSON.stringify(found))
  else console.log([authorityText(found.authority), certificatesText(found.issued)].join('\n'))
  return [found.authority, ...found.issued].some(isDue) ? EXIT.failed : EXIT.ok
}
