import { createRedisStore, HoldfastError, type StoreEvent, type TokenStore } from '@holdfast/tokens'
import { loadGatewayConfig } from './config/load.ts'
import { readTls } from './config/tls.ts'
import { createGateway, type Gateway } from './gateway.ts'

/**
 * Runs a gateway by its configuration file until it is told to end, and resolves when it has ended. It is
 * told by `signal`; without one, by SIGTERM or SIGINT. It starts and stays up while Redis is away.
 *
 * Throws `FILE_UNUSABLE`, `CONFIG_INVALID`, `USERS_INVALID`, `INVALID_OPTION` or `LISTEN_FAILED` when it cannot
 * start, and later what waiting does not mend: `AUTH_FAILED` when Redis or a Sentinel refuses its password, `TLS_FAILED`
 * when they do not come together by TLS, `WRONG_DATA_CENTRE` when the Redis is another data centre's.
 */
export async function runGateway(configFile: string, options: { signal?: AbortSignal } = {}): Promise<void> {
  const config = await loadGatewayConfig(configFile)
  const { tls, ...storeConfig } = config.store
  let gateway: Gateway | undefined
  const store = createRedisStore({
    ...storeConfig,
    ...(tls && { tls: await readTls(tls) }),
    dataCentre: config.dataCentre,
    observer: {
      event: ({ type, ...what }) => gateway?.log.info({ event: type, ...what }, STORE_EVENTS[type]),
    },
  })
  try {
    gateway = await createGateway(config, store)
    using told = options.signal ? follow(options.signal) : followProcessSignals()
    try {
      await gateway.listen()
      await Promise.race([told.ended, accessRefused(store, gateway)])
    } finally {
      await gateway.close()
    }
  } finally {
    await store.close()
  }
}

const STORE_EVENTS: Record<StoreEvent['type'], string> = {
  failover: 'Another Redis is primary',
  doubt: 'A replica is missing and a failover may be under way: logins wait',
  'lease-lost': 'The lease ran out: verifications ask a majority of the nodes',
  'journal-replayed': 'What the new primary lacked was written again',
}

const NOT_MENDED_BY_WAITING = new Set(['AUTH_FAILED', 'TLS_FAILED', 'WRONG_DATA_CENTRE'])

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

interface Told extends Disposable {
  /** Resolves when the gateway is to end. */
  ended: Promise<void>
}

function follow(signal: AbortSignal): Told {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => resolve()
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  return { ended: promise, [Symbol.dispose]: () => signal.removeEventListener('abort', end) }
}

function followProcessSignals(): Told {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => resolve()
  const signals = ['SIGTERM', 'SIGINT'] as const
  for (const signal of signals) process.on(signal, end)
  return {
    ended: promise,
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, end)
    },
  }
}
