import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { AdminConfig } from '../config/admin.ts'

/** Who asks, and what they may do. */
export type Administrator = Omit<AdminConfig['administrators'][number], 'tokenSha256'>

/** A new administrator's token, to hand over once, and what the configuration keeps of it. */
export function createAdminToken(): { token: string; tokenSha256: string } {
  const token = `hfa_${randomBytes(32).toString('base64url')}`
  return { token, tokenSha256: digest(token).toString('hex') }
}

/** Whose token it is, or null. It takes as long for each: all are compared, by their digests. */
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
