import { fileURLToPath } from 'node:url'
import {
  createRedisStore,
  createStoreMetrics,
  HoldfastError,
  type StoreEvent,
  type TokenStore,
} from '@holdfast/tokens'
import { removeStaleSocket } from './admin/listen.ts'
import { createLog, loggableError } from './base/log.ts'
import { ConfigChangeSignal } from './config/change-signal.ts'
import { followConfiguration, warnOfEdits } from './config/follow.ts'
import { readConfiguration } from './config/load.ts'
import { RenderedFile } from './config/rendered.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { Heartbeats, HUNG_MS } from './processes/heartbeats.ts'
import { countOf, runProcesses } from './processes/processes.ts'
import type { Serving } from './processes/serving.ts'
import { createNotifier, takeActivatedSocket } from './processes/systemd.ts'
import { traceStore } from './traces/store.ts'
import { openTracing } from './traces/tracing.ts'

export interface RunOptions {
  /** Ends the gateway when it aborts; without one, SIGTERM or SIGINT end it. */
  signal?: AbortSignal
  /** The state of the data centre as seen from outside of the gateway, for the admin API. */
  clusterView?: () => Promise<unknown>
}

/**
 * Runs a gateway with its configuration file, and resolves when it has ended. `signal` ends it; without a signal, SIGTERM
 * or SIGINT end it, and SIGHUP makes it reload its configuration and reopen its audit log at once. It starts and keeps
 * running while Redis is down. With several processes, this process starts the others.
 *
 * Throws `FILE_UNUSABLE`, `CONFIG_INVALID`, `USERS_INVALID`, `INVALID_OPTION` or `LISTEN_FAILED` when it cannot start.
 * Later it throws for problems that do not go away by waiting: `AUTH_FAILED` when Redis or a Sentinel refuses its password,
 * `TLS_FAILED` when the TLS handshake fails, `WRONG_DATA_CENTRE` when the Redis belongs to another data centre,
 * `UNSUPPORTED_SERVER` when the server cannot keep the promises, and `PROCESSES_DIE`.
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
    (error) => log.warn({ err: loggableError(error) }, NOTIFY_FAILED),
    () => heartbeats.allLive,
  )
  using stop = options.signal ? follow(options.signal) : followProcessSignals()
  void stop.ended.then(notifier.stopping)
  await runProcesses({
    workerFile: fileURLToPath(new URL('worker.ts', import.meta.url)),
    configFile,
    count,
    fd,
    signal: stop.signal,
    heartbeats,
    onReady: () => void notifier.ready(),
    onHang: (what) =>
      log.error(
        { event: 'process-hung', ...what },
        `A process sent no heartbeat for ${HUNG_MS / 1000} s and is killed`,
      ),
    onDeath: (what) => log.error({ event: 'process-died', ...what }, 'A process died and will be restarted'),
  })
}

const NOTIFY_FAILED = 'systemd could not be notified; is `systemd-notify` installed?'

/** Serves in this process. Throws like {@link runGateway}. */
export async function serve(
  configFile: string,
  options: RunOptions & { serving?: Serving; fd?: number | undefined },
): Promise<void> {
  const { serving } = options
  let gateway: Gateway | undefined
  const signal = options.signal ?? serving?.signal
  const changeSignal = new ConfigChangeSignal()
  using _hangUp = options.signal
    ? null
    : onHangUp(() => {
        changeSignal.trigger()
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
      log.warn({ err: loggableError(error) }, NOTIFY_FAILED),
    )
    using stop = signal ? follow(signal) : followProcessSignals()
    const leaving = new AbortController()
    try {
      await gateway.listen({ fd: options.fd })
      serving?.send({ type: 'listening' })
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
        changeSignal,
        signal: leaving.signal,
      })
      await Promise.race([stop.ended, accessRefused(store, gateway), following])
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
  failover: 'Another Redis is now the primary',
  doubt: 'A replica is missing and a failover may be in progress; logins wait',
  'feed-unreadable': 'A message of the feed was not readable, so the feed starts again',
  'lease-lost': 'The lease expired; verifications ask a majority of the nodes',
  'sweep-refused': 'The Redis ACL does not allow removing ended sessions, so memory usage grows',
  'journal-replayed': 'Writes that the new primary lacked were repeated',
  'closed-unconfirmed': 'The store was closed before every replica confirmed the acknowledged writes',
}

const PERMANENT_ERRORS = new Set(['AUTH_FAILED', 'TLS_FAILED', 'WRONG_DATA_CENTRE', 'UNSUPPORTED_SERVER'])

/** Rejects on a permanent error of the store, such as a refused password or certificate. Otherwise it never settles. */
async function accessRefused(store: TokenStore, gateway: Gateway): Promise<never> {
  try {
    await store.ready()
    gateway.log.info({ event: 'store-ready' }, 'The store can acknowledge logins')
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    if (PERMANENT_ERRORS.has(error.code)) throw error
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

interface StopSignal extends Disposable {
  /** Resolves when the gateway must end. */
  ended: Promise<void>
  /** Aborts at the same time. */
  signal: AbortSignal
}

function follow(signal: AbortSignal): StopSignal {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => resolve()
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  return { ended: promise, signal, [Symbol.dispose]: () => signal.removeEventListener('abort', end) }
}

function followProcessSignals(): StopSignal {
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
