import { isDeepStrictEqual } from 'node:util'
import { HoldfastError, type RenewedSecrets, type TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { GatewayError } from '../base/errors.ts'
import { loggableError } from '../base/log.ts'
import type { ConfigChangeSignal } from './change-signal.ts'
import { changesBetween, withLiveChanges } from './changes.ts'
import { followChanges } from './follow-changes.ts'
import { type Configuration, readConfiguration } from './load.ts'
import type { RenderedFile } from './rendered.ts'
import type { GatewayConfig } from './schema.ts'

/** The result of one reading of the configuration. */
export type ReadOutcome = 'applied' | 'unchanged' | 'refused'

export interface FollowOptions {
  file: string
  /** The configuration that was read from `file` at the start. */
  inUse: Configuration
  rendered: RenderedFile
  store: TokenStore
  log: FastifyBaseLogger
  audit: Audit
  /** Checks whether the live keys of a configuration can be applied, and returns the function that applies them. */
  prepare: (config: GatewayConfig) => Promise<() => void>
  /** Receives the result of each reading, and how many keys need a restart. Must not throw. */
  onRead: (outcome: ReadOutcome, needRestart?: number) => void
  changeSignal: ConfigChangeSignal
  signal: AbortSignal
}

/** Deadline of a renewal of secrets (in milliseconds). */
const RENEW_MS = 10_000

/**
 * Follows the configuration file, and the TLS files that it names, until `signal` aborts. Live keys are applied together,
 * once they are usable and the store has accepted its secrets. Keys that need a restart are only logged. A broken or
 * refused configuration is logged once, the old one stays in use, and the reload is retried: Redis may learn a new
 * password a little later.
 * INV-GATEWAY-29.
 */
export async function followConfiguration(options: FollowOptions): Promise<void> {
  const { file, inUse, log, audit, changeSignal, signal, onRead } = options
  await followChanges(inUse, {
    take: (current) => takeNext(current, options),
    sentenceOf,
    onRefused: (problem, error, isRepeated) => {
      onRead('refused')
      if (isRepeated) return
      audit.record({ event: 'configuration-reload', outcome: 'refused', keys: [] })
      log.error(
        { event: 'config-refused', file, err: loggableError(error) },
        `${problem} The old configuration stays in use.`,
      )
    },
    changeSignal,
    signal,
  })
}

/** Reads the files, applies the live keys, and returns the configuration that is then in use. */
async function takeNext(inUse: Configuration, options: FollowOptions): Promise<Configuration> {
  const { file, rendered, store, log, audit, prepare, onRead, signal } = options
  const next = await readConfiguration(file)
  const { live, restart } = changesBetween(inUse.config, next.config)
  const tlsStays = restart.includes('store.tls')
  if (!tlsStays && !live.includes('store.tls') && !isDeepStrictEqual(inUse.tls, next.tls))
    live.push('store.tls')
  const config = withLiveChanges(inUse.config, next.config, live)
  const tls = tlsStays ? inUse.tls : next.tls
  const secrets = secretsAmong(live, { ...next, config, tls })
  const take = await prepare(config)
  if (Object.keys(secrets).length > 0) await store.renew(secrets, { timeoutMs: RENEW_MS, signal })
  take()
  onRead(live.length > 0 ? 'applied' : 'unchanged', restart.length)
  const { revision } = config
  if (live.length > 0) {
    audit.record({ event: 'configuration-reload', outcome: 'applied', keys: live })
    log.info({ event: 'config-taken', keys: live, revision }, 'A new configuration is in use')
  }
  if (restart.length > 0) {
    log.warn(
      { event: 'config-needs-restart', keys: restart },
      'These keys changed; restart this gateway to apply them',
    )
  }
  if (live.length + restart.length === 0)
    log.info({ event: 'config-unchanged' }, 'The configuration did not change')
  warnOfEdits(options, rendered.replaceBy(next.raw, live))
  return { ...next, config, tls }
}

/** Warns about a rendered file that was edited by hand, and about a new file that lacks settings of the old one. */
export function warnOfEdits(
  { file, rendered, log }: Pick<FollowOptions, 'file' | 'rendered' | 'log'>,
  takenAway: readonly string[] = [],
): void {
  if (rendered.isEdited) {
    log.warn(
      { event: 'config-edited', file },
      'This file was edited by hand after `holdfast render` wrote it; the next delivery, or `holdfast up`, overwrites the edit. Put it under `gateway:` in holdfast.yaml',
    )
  }
  if (takenAway.length > 0) {
    log.warn(
      { event: 'config-settings-removed', file, keys: takenAway },
      'The new configuration file lacks settings that this gateway uses; those that still work are lost after a restart. If they were added by hand, put them under `gateway:` in holdfast.yaml, then render and deliver again',
    )
  }
}

const SECRETS = ['username', 'password', 'sentinelUsername', 'sentinelPassword', 'keyring'] as const

/** The changed keys that are secrets. */
function secretsAmong(live: readonly string[], { config, tls }: Configuration): RenewedSecrets {
  const changed = SECRETS.filter((name) => live.includes(`store.${name}`))
  const entries = changed.map((name) => [name, config.store[name]] as const)
  return {
    ...Object.fromEntries(entries),
    ...(tls !== undefined && live.includes('store.tls') ? { tls } : {}),
  }
}

function sentenceOf(error: unknown): string {
  const isOurs = error instanceof GatewayError || error instanceof HoldfastError
  return isOurs ? error.message : 'The new configuration could not be applied.'
}
