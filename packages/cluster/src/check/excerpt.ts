import type { Finding } from '../site/finding.ts'
import { holdsSecret } from '../site/secret-text.ts'
import type { CheckedSite } from './check-site.ts'

/**
 * The line that a finding is about; null when it may hold a secret, so that it must not be shown.
 * INV-SITE-1.
 */
export function excerptOf({ text, findings }: CheckedSite, { line }: Finding): string | null {
  const source = text.split(/\r\n|[\r\n]/)[line - 1] ?? ''
  const isSecret = findings.some((other) => other.line === line && other.rule === 'secret-in-file')
  return isSecret || holdsSecret(source) || source.length > 200 ? null : source
}
