import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { AdminConfig } from '../config/admin.ts'

/** An administrator's name and rights. */
export type Administrator = Omit<AdminConfig['administrators'][number], 'tokenSha256'>

/** A new administrator token, shown once, and its hash for the configuration. */
export function createAdminToken(): { token: string; tokenSha256: string } {
  const token = `hfa_${randomBytes(32).toString('base64url')}`
  return { token, tokenSha256: digest(token).toString('hex') }
}

/** The owner of a token, or null. It compares the digests of all tokens, so that timing reveals nothing. */
export function whoseToken(
  administrators: AdminConfig['administrators'],
  authorization: string | undefined,
): Administrator | null {
  const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? ''
  const given = digest(token)
  let found: Administrator | null = null
  for (const { tokenSha256, ...administrator } of administrators) {
    if (timingSafeEqual(given, Buffer.from(tokenSha256, 'hex'))) found = administrator
  }
  return found
}

const digest = (token: string) => createHash('sha256').update(token).digest()
