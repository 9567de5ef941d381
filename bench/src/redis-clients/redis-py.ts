import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ClientKind, numberOf } from './client.ts'
import { LineProgram } from './line-program.ts'

const THREADS = 16
/** Debian's package of redis-py belongs to Debian's Python. */
const SYSTEM_PYTHON = '/usr/bin/python3'

export const redisPy: ClientKind = {
  name: 'redis-py',
  about: `redis-py in ${THREADS} threads with a connection each, its defaults`,
  without: 'Sentinel mode',
  async open(endpoint) {
    const python = existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : 'python3'
    const file = join(import.meta.dirname, 'programs', 'redis-py.py')
    const program = new LineProgram(python, [file])
    await program.call('open', JSON.stringify(endpoint), THREADS)
    return {
      maxInFlight: THREADS,
      get: async (key) => numberOf(await program.call('get', key)),
      async set(key, value) {
        await program.call('set', key, value)
      },
      counts: {
        increment: async (key) => numberOf(await program.call('incr', key)) ?? 0,
        async push(key, element) {
          await program.call('rpush', key, element)
        },
      },
      ended: () => Number(program.told['ended'] ?? 0),
      close: () => program.close(),
    }
  },
  storedKey: (key) => key,
  numberIn: Number,
}
