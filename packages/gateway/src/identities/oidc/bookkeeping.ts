import { hash } from 'node:crypto'
import { BOOKKEEPING } from '@holdfast/tokens'

/*
 * What the gateway must remember of logins by a provider is kept under subjects that are no person's. Their tokens are
 * thrown away or sealed, so nobody can show one.
 */

/** One login that is under way. */
export const flowSubject = (random: string): string => `${BOOKKEEPING}oidc-flow:${random}`

/** What belongs to a provider's session (`sid`), a person (`sub`) or a logout token (`jti`), whatever characters it has. */
export function linkSubject(kind: 'sid' | 'sub' | 'jti', issuer: string, value: string): string {
  return `${BOOKKEEPING}oidc-${kind}:${hash('sha256', JSON.stringify([issuer, value]), 'base64url')}`
}
