import type { CertificateFile } from '@holdfast/cluster/certificates'
import { plural } from './terminal/format.ts'
import { paint } from './terminal/paint.ts'
import { table } from './terminal/table.ts'

/** A certificate that lasts fewer days wants renewing. */
export const EXPIRES_SOON_DAYS = 30

/** Whether somebody has to do something about it. */
export const needsCare = ({ daysLeft, isOurs }: CertificateFile): boolean =>
  daysLeft < EXPIRES_SOON_DAYS || !isOurs

/** The authority, in a few lines. */
export function authorityText(authority: CertificateFile): string {
  const rows = [
    ['file', authority.file],
    ['until', `${dateOf(authority)}  ${state(authority)}`],
    ['SHA-256', paint.faint(authority.fingerprint.replaceAll(':', '').toLowerCase())],
  ]
  return ['', `  ${paint.strong(authority.subject)}`, '', table(rows), ''].join('\n')
}

/** The certificates that were issued, one a line. */
export function certificatesText(issued: readonly CertificateFile[]): string {
  if (issued.length === 0) return '  No certificates yet. Issue one with: holdfast ca issue <holder>\n'
  const rows = issued.map((each) => [
    paint.strong(each.subject),
    each.purposes.join(', '),
    [...each.names.filter((name) => name !== each.subject), ...each.addresses].join(', ') || '-',
    dateOf(each),
    state(each),
  ])
  return `${table(rows, { head: ['HOLDER', 'FOR', 'NAMES AND ADDRESSES', 'UNTIL', 'LEFT'] })}\n`
}

const dateOf = ({ notAfter }: CertificateFile): string => notAfter.toISOString().slice(0, 10)

function state(each: CertificateFile): string {
  if (!each.isOurs) return paint.bad('of another authority')
  if (each.daysLeft < 0) return paint.bad('expired')
  const left = plural(each.daysLeft, 'day')
  return each.daysLeft < EXPIRES_SOON_DAYS ? paint.warning(`${left}, renew it`) : paint.good(left)
}
