import { passwordsOf } from './passwords.ts'
import type { Rule } from './rule.ts'
import { SECURITY_DOCS } from './sources.ts'
import { strengthBits } from './strength.ts'

const WEAK_BITS = 128
const WANTED_BITS = 256

export const shortSecret: Rule = {
  id: 'short-secret',
  severity: 'warning',
  summary: 'A password has fewer than 256 bits.',
  why: 'Nobody types these passwords, so length costs nothing. Redis keeps only a plain SHA-256 of each, which can be tried at any speed by whoever finds it.',
  fix: 'Make it of 256 random bits: `openssl rand -base64 32`.',
  source: SECURITY_DOCS,
  *check(_, secrets) {
    for (const { user, password, path } of passwordsOf(secrets)) {
      const bits = strengthBits(password)
      // Runs that chance makes cost a random password a few letters.
      if (bits < WEAK_BITS || bits >= WANTED_BITS * 0.8) continue
      yield { path, message: `The password of ${user} has about ${Math.round(bits)} bits.` }
    }
  },
}
