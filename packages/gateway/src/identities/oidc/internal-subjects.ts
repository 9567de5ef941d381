import { hash } from 'node:crypto'
import { BOOKKEEPING } from '@holdfast/tokens'

/*
 * Records about logins at a provider are stored under subjects that belong to no user. Their tokens are discarded or
 * sealed, so that no client can present one.
 */

/** One unfinished login. */
export const flowSubject = (random: string): string => `${BOOKKEEPING}oidc-flow:${random}`

/** Records about a provider's session (`sid`), a user (`sub`) or a logout token (`jti`), with any characters. */
export function linkSubject(kind: 'sid' | 'sub' | 'jti', issuer: string, value: string): string {
  return `${BOOKKEEPING}oidc-${kind}:${hash('sha256', JSON.stringify([issuer, value]), 'base64url')}`
}
