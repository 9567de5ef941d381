import { createHash } from 'node:crypto'
import type { TokenInspector } from './system.ts'

/** The prefix of the session id in the keys of connect-redis. */
export const PREFIX = 'sess:'

export const connectRedisInspector: TokenInspector = {
  idOf: (token) => createHash('sha256').update(token).digest('hex').slice(0, 16),
  keyOf: (token) => PREFIX + token,
  describe: (bytes) => (bytes === null ? 'absent' : `live ${bytes.length}`),
}
