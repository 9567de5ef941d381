import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemCode } from '../errors.ts'
import { type WatchdogOutcome, watchOver } from '../supervise/watchdog.ts'
import type { HostConfig } from './config.ts'
import { HostGroup } from './group.ts'

export interface WatchHostOptions {
  log: (event: string, details: Record<string, unknown>) => void
  signal: AbortSignal
}

const LOOK_AGAIN_MS = 100

/**
 * Watches the Redis of a real host for ever: when its process ends while it was primary, asks for the failover at once
 * (see `watchOver`). A process has ended when its connections close and its port then refuses one: that nobody answers
 * proves nothing, and leads to nothing. Rejects when the signal aborts.
 */
export async function watchHost(config: HostConfig, { log, signal }: WatchHostOptions): Promise<never> {
  const group = await HostGroup.open(config)
  try {
    for (;;) {
      await untilItEnds(config, signal)
      log('Redis has ended', {})
      const outcome = await askForFailover(config, group, log, signal)
      log(outcome, {})
    }
  } finally {
    group.close()
  }
}

function askForFailover(
  config: HostConfig,
  group: HostGroup,
  log: WatchHostOptions['log'],
  signal: AbortSignal,
): Promise<WatchdogOutcome> {
  return watchOver(
    config.self,
    {
      primaryName: config.primaryName,
      sentinelAnswers: () => group.sentinelAnswers(),
      survivors: () => group.survivors(),
      tellSentinel: (sentinel, command) => group.tellSentinel(sentinel, command),
      tellNode: (node, command) => group.tellNode(node, command),
      log,
      // Less than the guard waits: a failover must not be asked for when Redis is let start as primary.
      limitMs: config.downAfterMs + config.failoverTimeoutMs,
    },
    signal,
  )
}

/** Waits until Redis runs, and then until its process has ended. */
async function untilItEnds({ self }: HostConfig, signal: AbortSignal): Promise<void> {
  let ran = false
  for (;;) {
    signal.throwIfAborted()
    const socket = connect(self)
    const found = await opened(socket)
    if (found === 'open') {
      ran = true
      await closed(socket, signal)
      continue
    }
    if (ran && found === 'refused') return
    await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
}

async function opened(socket: Socket): Promise<'open' | 'refused' | 'unknown'> {
  try {
    await once(socket, 'connect')
    return 'open'
  } catch (error) {
    return systemCode(error) === 'ECONNREFUSED' ? 'refused' : 'unknown'
  }
}

/** However it ends: a connection that a dying process had not accepted yet is reset. */
async function closed(socket: Socket, signal: AbortSignal): Promise<void> {
  const end = () => socket.destroy()
  signal.addEventListener('abort', end, { once: true })
  socket.on('error', end)
  socket.resume()
  await new Promise((resolve) => socket.once('close', resolve))
  signal.removeEventListener('abort', end)
}
