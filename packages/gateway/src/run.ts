import {
  createRedisStore,
  createStoreMetrics,
  HoldfastError,
  type StoreEvent,
  type TokenStore,
} from '@holdfast/tokens'
import { removeStaleSocket } from './admin/listen.ts'
import { Bell } from './config/bell.ts'
import { followConfiguration, warnOfEdits } from './config/follow.ts'
import { readConfiguration } from './config/read.ts'
import { RenderedFile } from './config/rendered.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { createLog, loggableError } from './http/log.ts'
import { takeActivatedSocket } from './processes/activation.ts'
import { Heartbeats, HUNG_MS } from './processes/heartbeats.ts'
import { createNotifier } from './processes/notify.ts'
import { countOf, runProcesses } from './processes/processes.ts'
import type { Serving } from './processes/serving.ts'
import { traceStore } from './traces/store.ts'
import { openTracing } from './traces/tracing.ts'

export interface RunOptions {
  /** Ends it; without one it ends by SIGTERM or SIGINT. */
  signal?: AbortSignal
  /** The data centre as it is seen from outside of the gateway, for the admin API. */
  clusterView?: () => Promise<unknown>
}

/**
 * Runs a gateway by its configuration file until it is told to end, and resolves when it has ended. It is
 * told by `signal`; without one, by SIGTERM or SIGINT, and SIGHUP makes it read its configuration again, and open its
 * audit log again, at once. It starts and stays up while Redis is away. Of several processes this one starts the others.
 *
 * Throws `FILE_UNUSABLE`, `CONFIG_INVALID`, `USERS_INVALID`, `INVALID_OPTION` or `LISTEN_FAILED` when it cannot
 * start, and later what waiting does not mend: `AUTH_FAILED` when Redis or a Sentinel refuses its password, `TLS_FAILED`
 * when they do not come together by TLS, `WRONG_DATA_CENTRE` when the Redis is another data centre's, `UNSUPPORTED_SERVER`
 * when it cannot hold the promises, `PROCESSES_DIE`.
 */
export async function runGateway(configFile: string, options: RunOptions = {}): Promise<void> {
  const fd = takeActivatedSocket(process.env, process.pid)
  const { config } = await readConfiguration(configFile)
  const count = countOf(config.processes)
  if (count === 1) return await serve(configFile, { ...options, fd })
  const log = createLog({ server: config.name, dataCentre: config.dataCentre })
  const { admin } = config
  if (admin && 'socket' in admin.listen) await removeStaleSocket(admin.listen.socket)
  const heartbeats = new Heartbeats()
  using notifier = createNotifier(
    process.env,
    (error) => log.warn({ err: loggableError(error) }, NOT_TOLD),
    () => heartbeats.allLive,
  )
  using told = options.signal ? follow(options.signal) : followProcessSignals()
  void told.ended.then(notifier.stopping)
  await runProcesses({
    configFile,
    count,
    fd,
    signal: told.signal,
    heartbeats,
    onReady: () => void notifier.ready(),
    onHang: (what) =>
      log.error(
        { event: 'process-hung', ...what },
        `A process said nothing for ${HUNG_MS / 1000} s and is ended`,
      ),
    onDeath: (what) => log.error({ event: 'process-died', ...what }, 'A process died and is started again'),
  })
}

const NOT_TOLD = 'systemd could not be told how this service is; is `systemd-notify` installed?'

/** Serves in this process. Throws as {@link runGateway}. */
export async function serve(
  configFile: string,
  options: RunOptions & { serving?: Serving; fd?: number | undefined },
): Promise<void> {
  const { serving } = options
  let gateway: Gateway | undefined
  const signal = options.signal ?? serving?.signal
  const bell = new Bell()
  using _hangUp = options.signal
    ? null
    : onHangUp(() => {
        bell.ring()
        gateway?.audit.reopen()
      })
  const configuration = await readConfiguration(configFile)
  const { config, tls } = configuration
  const rendered = new RenderedFile(configuration.raw)
  const { tls: _tls, ...storeConfig } = config.store
  const storeMetrics = createStoreMetrics()
  const tracing = await openTracing(config)
  const plainStore = createRedisStore({
    ...storeConfig,
    ...(tls && { tls }),
    dataCentre: config.dataCentre,
    observer: {
      ...storeMetrics.observer,
      event(event) {
        storeMetrics.observer.event(event)
        const { type, ...what } = event
        gateway?.log.info({ event: type, ...what }, STORE_EVENTS[type])
      },
    },
  })
  const store = tracing ? traceStore(plainStore, tracing) : plainStore
  const { clusterView } = options
  try {
    gateway = await createGateway(config, store, {
      storeMetrics,
      tracing,
      configurationWarnings: rendered.warnings,
      ...(clusterView ? { clusterView } : {}),
      ...(serving ? { processNumber: serving.number, shareMetrics: serving.shareMetrics } : {}),
    })
    const { log, prepare, audit, metrics } = gateway
    warnOfEdits({ file: configFile, rendered, log })
    using notifier = createNotifier(serving ? {} : process.env, (error) =>
      log.warn({ err: loggableError(error) }, NOT_TOLD),
    )
    using told = signal ? follow(signal) : followProcessSignals()
    const leaving = new AbortController()
    try {
      await gateway.listen({ fd: options.fd })
      serving?.tell({ type: 'listening' })
      await notifier.ready()
      const following = followConfiguration({
        file: configFile,
        inUse: configuration,
        rendered,
        store,
        log,
        audit,
        prepare,
        onRead: metrics.configurationRead,
        bell,
        signal: leaving.signal,
      })
      await Promise.race([told.ended, accessRefused(store, gateway), following])
    } finally {
      leaving.abort()
      await Promise.all([notifier.stopping(), gateway.close()])
    }
  } finally {
    await store.close()
    await tracing?.close()
  }
}

const STORE_EVENTS: Record<StoreEvent['type'], string> = {
  failover: 'Another Redis is primary',
  doubt: 'A replica is missing and a failover may be under way: logins wait',
  'feed-unreadable': 'A message of the feed could not be read, so the feed begins again',
  'lease-lost': 'The lease ran out: verifications ask a majority of the nodes',
  'sweep-refused': 'The ACL of Redis does not allow to remove ended sessions: memory grows',
  'journal-replayed': 'What the new primary lacked was written again',
  'closed-unconfirmed': 'The store was closed before every replica confirmed the acknowledged writes',
}

const NOT_MENDED_BY_WAITING = new Set([
  'AUTH_FAILED',
  'TLS_FAILED',
  'WRONG_DATA_CENTRE',
  'UNSUPPORTED_SERVER',
])

/** Rejects when a password or a certificate is refused, or the Redis is another data centre's. Else never settles. */
async function accessRefused(store: TokenStore, gateway: Gateway): Promise<never> {
  try {
    await store.ready()
    gateway.log.info({ event: 'store-ready' }, 'The store can acknowledge logins')
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    if (NOT_MENDED_BY_WAITING.has(error.code)) throw error
    if (error.code !== 'STORE_CLOSED') {
      gateway.log.warn({ event: 'store-not-ready', cause: error.message }, 'The store is not ready yet')
    }
  }
  return new Promise<never>(() => {})
}

function onHangUp(then: () => void): Disposable {
  process.on('SIGHUP', then)
  return { [Symbol.dispose]: () => process.off('SIGHUP', then) }
}

interface Told extends Disposable {
  /** Resolves when the gateway is to end. */
  ended: Promise<void>
  /** Aborts then. */
  signal: AbortSignal
}

function follow(signal: AbortSignal): Told {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => resolve()
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  return { ended: promise, signal, [Symbol.dispose]: () => signal.removeEventListener('abort', end) }
}

function followProcessSignals(): Told {
  const { promise, resolve } = Promise.withResolvers<void>()
  const ending = new AbortController()
  const end = () => {
    ending.abort()
    resolve()
  }
  const signals = ['SIGTERM', 'SIGINT'] as const
  for (const signal of signals) process.on(signal, end)
  return {
    ended: promise,
    signal: ending.signal,
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, end)
    },
  }
}
