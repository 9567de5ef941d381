import { TEST_MARK } from '@holdfast/testing'
import { MARK_KEY } from '@holdfast/tokens/redis'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import type { Benchmark } from '../benchmark.ts'
import { pause } from '../clock.ts'
import { contentOf } from '../content.ts'
import { DataCentre } from '../data-centre.ts'
import { type Figure, figure, single } from '../figure.ts'
import { forEachOf } from '../loops.ts'
import { ratios } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { HoldfastWorker } from '../workers/holdfast.ts'

const SESSIONS = 20_000
const ROUNDS = 5
/** After this time the tables of a data set have grown, and Redis has released its free memory. */
const SETTLE_MS = 1200

export const memory: Benchmark = {
  name: 'memory',
  title: 'Memory of a session in Redis',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const bytes: Record<'ours' | 'theirs' | 'ended', number[]> = { ours: [], theirs: [], ended: [] }
    for (let round = 0; round < ROUNDS; round++) {
      say(`round ${round + 1} of ${ROUNDS}: ${SESSIONS} sessions per side`)
      bytes.theirs.push(await measureTheirs(centre))
      const { live, ended } = await measureOurs(stack, centre)
      bytes.ours.push(live)
      bytes.ended.push(ended)
    }
    return {
      setup: [
        `${SESSIONS} sessions with the same content (${JSON.stringify(contentOf(0)).length} bytes as JSON), each of a different subject, in an empty data set. Measured: the growth of the primary's memory without its buffers for clients and replicas. Holdfast encrypts a session twice (for the holder of the token, and for lists) and lists it in the index of its subject; connect-redis (its own \`set\`) stores plain JSON without an index.`,
        'The cores do not affect these figures.',
      ],
      figures: [
        figure('a session of Holdfast, relative to connect-redis', '×', ratios(bytes.ours, bytes.theirs), {
          atMost: 1.2,
        }),
        figure('Holdfast, with its index', 'bytes', bytes.ours),
        figure('connect-redis', 'bytes', bytes.theirs),
        figure('Holdfast, a revoked session (tombstone and index)', 'bytes', bytes.ended),
        ...(await partsOf(centre)),
      ],
    }
  },
}

async function measureOurs(
  stack: AsyncDisposableStack,
  centre: DataCentre,
): Promise<{ live: number; ended: number }> {
  const emptyBytes = await emptyDataSet(centre)
  const worker = WorkerProcess.start<HoldfastWorker>(stack, 'holdfast')
  await worker.call('open', centre.storeOptions())
  await worker.call('logIn', SESSIONS)
  const live = ((await dataSetBytes(centre)) - emptyBytes) / SESSIONS
  await worker.call('revokeAll')
  const ended = ((await dataSetBytes(centre)) - emptyBytes) / SESSIONS
  await worker.stop()
  return { live, ended }
}

async function measureTheirs(centre: DataCentre): Promise<number> {
  const emptyBytes = await emptyDataSet(centre)
  const { host, port, username, password } = await centre.primaryLogin()
  const client = createClient({ username, password, socket: { host, port } })
  client.on('error', (error: Error) => {
    throw error
  })
  await client.connect()
  const store = new RedisStore({ client })
  await forEachOf(SESSIONS, 64, async (user) => {
    // Creates the id and the cookie in the same way as express-session.
    const id = crypto.getRandomValues(Buffer.alloc(24)).toString('base64url')
    const maxAge = 43_200_000
    const expires = new Date(Date.now() + maxAge)
    const cookie = {
      originalMaxAge: maxAge,
      expires,
      httpOnly: true,
      secure: true,
      path: '/',
      sameSite: 'lax' as const,
    }
    await store.set(id, { cookie, user: contentOf(user) })
  })
  const bytes = ((await dataSetBytes(centre)) - emptyBytes) / SESSIONS
  client.destroy()
  return bytes
}

/** Empties the data set except for the group id. Returns the memory that the empty data set uses. */
async function emptyDataSet(centre: DataCentre): Promise<number> {
  const primary = await centre.group.primary()
  await centre.group.run(primary, 'FLUSHALL', 'SYNC')
  await centre.group.run(primary, 'SET', MARK_KEY, TEST_MARK)
  return dataSetBytes(centre)
}

/** The memory of the primary without the buffers of connections and of replication. */
async function dataSetBytes(centre: DataCentre): Promise<number> {
  await pause(SETTLE_MS)
  const of = (field: string) => centre.infoNumber('memory', field)
  const buffers = await Promise.all(
    ['mem_total_replication_buffers', 'mem_clients_normal', 'mem_clients_slaves', 'mem_aof_buffer'].map(of),
  )
  return (await of('used_memory')) - buffers.reduce((total, bytes) => total + bytes, 0)
}

/** The memory of the separate parts of one more session. */
async function partsOf(centre: DataCentre): Promise<Figure[]> {
  const primary = await centre.group.primary()
  const usage = async (pattern: string) => {
    const reply = await centre.group.run(primary, 'SCAN', '0', 'MATCH', pattern, 'COUNT', '1000')
    const keys = Array.isArray(reply) && Array.isArray(reply[1]) ? reply[1].map(String) : []
    const [key] = keys
    if (key === undefined) return 0
    return Number(await centre.group.run(primary, 'MEMORY', 'USAGE', key, 'SAMPLES', '0'))
  }
  return [
    single('a revoked session: the tombstone with its key (MEMORY USAGE)', 'bytes', await usage('hf:*:t:*')),
    single(
      'any session: the index of its subject with its key (MEMORY USAGE)',
      'bytes',
      await usage('hf:*:s:*'),
    ),
  ]
}
