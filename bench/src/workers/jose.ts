import type { webcrypto } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { contentOf } from '../content.ts'
import { asNewString, forEachOf, runInLoops, runInSequence } from '../loops.ts'
import { serve } from './serve.ts'

/** A signed token with the same content. jose verifies it with HS256 and a key that was imported once. */

let key: webcrypto.CryptoKey
let tokens: Buffer[] = []

async function verify(arrived: Buffer | undefined): Promise<void> {
  const { payload } = await jwtVerify(asNewString(arrived), key, { algorithms: ['HS256'] })
  if (payload.sub === undefined) throw new Error('A token has no subject.')
}

const methods = {
  async logIn(count: number): Promise<void> {
    key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
    tokens = new Array<Buffer>(count)
    await forEachOf(count, 64, async (turn) => {
      const { subject, device, claims } = contentOf(turn)
      const token = await new SignJWT({ device, claims })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime('12h')
        .sign(key)
      tokens[turn] = Buffer.from(token)
    })
  },

  verifyInSequence: (durationMs: number) =>
    runInSequence(durationMs, (turn) => verify(tokens[turn % tokens.length])),

  verifyInLoops: (durationMs: number, concurrency: number) =>
    runInLoops(durationMs, concurrency, (turn) => verify(tokens[turn % tokens.length])),
}

export type JoseWorker = typeof methods
serve(methods)
