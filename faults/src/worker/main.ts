/**
 * One application server of the campaign. It opens the system under test, lets users log in, verify and log out, and
 * records every operation. Its first line of input contains its settings. The other lines are `ToWorker` messages
 * (settings.ts).
 */
import { createInterface } from 'node:readline'
import type { ApplicationLogin } from '../data-centre/names.ts'
import { monotonicMs } from '../history/events.ts'
import { inspectorOf } from '../systems/open.ts'
import { isKeySystem } from '../systems/system.ts'
import type { FromWorker, ToWorker, WorkerSettings } from './settings.ts'
import { TokenPool } from './token-pool.ts'
import type { Users } from './users.ts'

/** After the end of the run, the worker waits this long for unfinished calls. */
const LAST_CALLS_MS = 12_000
const WATCH_MS = 20
const STALL_MS = 40

const send = (message: FromWorker) => process.stdout.write(`${JSON.stringify(message)}\n`)

/** Loads only what the system needs: the start of twenty processes takes a third of a run. */
async function open(settings: WorkerSettings, pool: TokenPool): Promise<Users> {
  const { system } = settings
  if (isKeySystem(system)) {
    const { openKeyClients } = await import('./key-clients.ts')
    return openKeyClients(settings, system, send)
  }
  const { openLoginUsers } = await import('./login-users.ts')
  return openLoginUsers(settings, system, pool, send)
}

async function serve(
  settings: WorkerSettings,
  stop: AbortController,
  pool: TokenPool,
  onOpen: (users: Users) => void,
): Promise<void> {
  const users = await open(settings, pool)
  onOpen(users)
  watchStalls()
  send({ type: 'ready' })
  const running = users.run(stop.signal)
  const stopped = new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
  await stopped
  await Promise.race([Promise.all(running), new Promise((resolve) => setTimeout(resolve, LAST_CALLS_MS))])
  send({ type: 'stopped' })
  process.exit(0)
}

/**
 * Reports when this process itself stalled, so that the stall is not counted as a slow answer of the system under
 * test.
 */
function watchStalls(): void {
  let lastMs = monotonicMs()
  setInterval(() => {
    const nowMs = monotonicMs()
    const lateMs = nowMs - lastMs - WATCH_MS
    if (lateMs > STALL_MS) send({ type: 'stalled', atMs: lastMs, forMs: lateMs })
    lastMs = nowMs
  }, WATCH_MS).unref()
}

async function renew(opened: Promise<Users>, login: ApplicationLogin): Promise<void> {
  try {
    await (await opened).renew(login)
    send({ type: 'renewed', problem: null })
  } catch (error) {
    send({ type: 'renewed', problem: error instanceof Error ? error.message : String(error) })
  }
}

function main(): void {
  const stop = new AbortController()
  const pool = new TokenPool()
  const opened = Promise.withResolvers<Users>()
  let settings: WorkerSettings | null = null
  const lines = createInterface(process.stdin)
  lines.on('line', (line) => {
    if (settings === null) {
      settings = JSON.parse(line) as WorkerSettings
      serve(settings, stop, pool, opened.resolve).catch((error: unknown) => {
        console.error(error)
        process.exit(1)
      })
      return
    }
    const message = JSON.parse(line) as ToWorker
    if (message.type === 'stop') stop.abort()
    else if (message.type === 'ended') pool.end(message.id)
    else if (message.type === 'renew') void renew(opened.promise, message.login)
    else if (!isKeySystem(settings.system)) {
      pool.add({ ...message, id: inspectorOf(settings.system).idOf(message.token) })
    }
  })
  lines.on('close', () => process.exit(0))
}

main()
