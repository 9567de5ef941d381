import { randomBytes } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { contentOf } from '../content.ts'
import { asNewString, runInSequence } from '../loops.ts'
import { serve } from './serve.ts'

// A signed token with the same content. fast-jwt verifies it with HS256, and remembers the tokens that it verified.

const MAX_CACHED = 10_000

const key = randomBytes(32)
/** The default hashes each token for its cache. Its documentation names this as the fast choice. */
const verifyJwt = createVerifier({
  key,
  algorithms: ['HS256'],
  cache: MAX_CACHED,
  cacheKeyBuilder: (token) => token,
})
let tokens: Buffer[] = []

const methods = {
  async logIn(count: number): Promise<void> {
    const sign = createSigner({ key, algorithm: 'HS256', expiresIn: '12h' })
    tokens = Array.from({ length: count }, (_, user) => {
      const { subject, device, claims } = contentOf(user)
      return Buffer.from(sign({ sub: subject, device, claims }))
    })
  },

  verifyCachedInSequence: (durationMs: number) =>
    runInSequence(durationMs, async (turn) => {
      const payload: { sub?: string } = verifyJwt(asNewString(tokens[turn % tokens.length]))
      if (payload.sub === undefined) throw new Error('A token has no subject.')
    }),
}

export type FastJwtWorker = typeof methods
serve(methods)
