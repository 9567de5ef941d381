import { passwordsOf } from './passwords.ts'
import type { Rule } from './rule.ts'
import { SECURITY_DOCS } from './sources.ts'
import { strengthBits } from './strength.ts'

const LEAST_BITS = 128

export const weakSecret: Rule = {
  id: 'weak-secret',
  severity: 'error',
  summary: 'A password can be guessed.',
  why: 'Redis checks passwords so fast that an attacker tries a million in a second, and never locks anybody out.',
  fix: 'Make it of 256 random bits: `openssl rand -base64 32`. Or move the secrets away, so that new ones are made.',
  source: SECURITY_DOCS,
  *check(_, secrets) {
    for (const { user, password, path } of passwordsOf(secrets)) {
      if (strengthBits(password) >= LEAST_BITS) continue
      yield { path, message: `The password of ${user} is short, or made of known words or repetitions.` }
    }
  },
}
