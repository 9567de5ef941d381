import type { CertificateFile, CertificateFolder } from '@holdfast/site/certificates/folder'
import { plural } from '../../terminal/format.ts'
import { table } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'
import { RENEWAL_DAYS } from './options.ts'

/** Whether a certificate has to be renewed, or issued by the current authority. */
export const isDue = ({ daysLeft, isOurs }: CertificateFile): boolean => daysLeft < RENEWAL_DAYS || !isOurs

/** The authority, in a few lines. */
export function authorityText(authority: CertificateFile): string {
  const rows = [
    ['file', authority.file],
    ['until', `${dateOf(authority)}  ${state(authority)}`],
    ['SHA-256', paint.faint(authority.fingerprint.replaceAll(':', '').toLowerCase())],
  ]
  return ['', `  ${paint.strong(authority.subject)}`, '', table(rows), ''].join('\n')
}

/** The issued certificates, one per line. */
export function certificatesText(issued: readonly CertificateFile[]): string {
  if (issued.length === 0) return '  No certificates yet. Issue one with: holdfast ca issue <holder>\n'
  const rows = issued.map((each) => [
    paint.strong(each.subject),
    each.purposes.join(', '),
    [...each.names.filter((name) => name !== each.subject), ...each.addresses].join(', ') || '-',
    dateOf(each),
    state(each),
  ])
  return `${table(rows, { head: ['HOLDER', 'USAGE', 'NAMES AND ADDRESSES', 'UNTIL', 'LEFT'] })}\n`
}

/** What stops working with another authority. */
export const replacementWarning = ({ dataCentre, path }: CertificateFolder): string =>
  [
    `  This replaces the authority of ${dataCentre} in ${path}.`,
    '  - Hosts and applications that trust only the new authority refuse every certificate of the old one.',
    '  - Hosts that trust only the old authority refuse new certificates: connections, replication and failover break.',
    '  - While hosts run, first put both authorities into ca.pem of every host: see docs/rotation.md.',
  ].join('\n')

/** How to go back to the old authority. */
export const rollbackText = ({ path }: CertificateFolder, kept: readonly string[]): string =>
  [
    '  The old authority is kept:',
    ...kept.map((file) => `    ${file}`),
    `  To go back before a host has a new certificate, copy them over ca.crt and ca.key in ${path}.`,
    '  Then `holdfast ca renew` signs again what the new authority had signed.',
    '',
  ].join('\n')

const dateOf = ({ notAfter }: CertificateFile): string => notAfter.toISOString().slice(0, 10)

function state(each: CertificateFile): string {
  if (!each.isOurs) return paint.bad('of another authority')
  if (each.daysLeft < 0) return paint.bad('expired')
  const left = plural(each.daysLeft, 'day')
  return each.daysLeft < RENEWAL_DAYS ? paint.warning(`${left}, renew it`) : paint.good(left)
}
