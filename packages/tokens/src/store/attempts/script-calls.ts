import { StoreUnavailableError } from '../../errors.ts'
import type { Reply } from '../../redis/connection.ts'
import { SCRIPTS } from '../../scripts/scripts.ts'
import type { WriteCommand } from '../commit/pending-write.ts'
import type { GiveBackRequest, Taken, TakeRequest } from './requests.ts'

// The arguments and replies of the scripts about attempts are written and read in this file.

export function takeCommand({ id, nowMs, limits }: TakeRequest): WriteCommand {
  const bounds = limits.map(({ limit, windowMs, pauseAfter, pauseMs }) =>
    [limit, windowMs, pauseAfter, pauseMs].join(' '),
  )
  return { script: SCRIPTS.take, keys: limits.map(({ key }) => key), args: [id, String(nowMs), ...bounds] }
}

/** Reads the value of a reply of take.lua. */
export function readTaken(reply: Reply): Taken {
  const [allowed, limit, retryAfterMs] = Array.isArray(reply) ? reply.map(toWhole) : []
  if (allowed === 1) return { allowed: true }
  if (allowed !== 0 || limit == null || limit < 1 || retryAfterMs == null || retryAfterMs < 0) {
    throw new StoreUnavailableError('Redis answered an attempt in a way that this version cannot read.')
  }
  return { allowed: false, limit: limit - 1, retryAfterMs }
}

const toWhole = (value: Reply): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : null

export function giveBackCommand({ id, logs }: GiveBackRequest): WriteCommand {
  const older = logs.map((log) => (log.older ? '1' : '0'))
  return { script: SCRIPTS.giveBack, keys: logs.map(({ key }) => key), args: [id, ...older] }
}
