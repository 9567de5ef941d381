import { chunksOf } from '../../chunks.ts'
import { RedisReplyError } from '../../errors.ts'
import type { Reply } from '../../redis/connection.ts'
import { SCRIPTS, type Script } from '../../scripts/scripts.ts'
import {
  type PendingWrite,
  readOutcome,
  type WhenFull,
  type WriteCommand,
  type WriteOutcome,
} from './pending-write.ts'
import type { MergeRequest } from './requests.ts'
import { mergeCommand } from './script-calls.ts'

/** Maximum number of merges per call, so that one call keeps the primary busy for about a millisecond. */
const MAX_MERGES = 64

/** The write, and the index among its replies. */
interface Place {
  unit: PendingWrite
  index: number
}

/** One call of a script. Its reply is a list with one value per place. */
interface Call {
  command: WriteCommand
  places: readonly Place[]
}

type Result = PromiseSettledResult<Reply>

/**
 * The commands of writes that are sent together. Merges share as few calls as possible, because a call costs more
 * than a merge. Records that may be written when memory is full are in separate calls. Pure.
 */
export class Batch {
  readonly units: readonly PendingWrite[]
  readonly #calls: readonly Call[]

  constructor(units: readonly PendingWrite[]) {
    this.units = units
    this.#calls = [
      ...[...SCRIPTS_TO_MERGE].flatMap((script) => mergeCalls(units, script)),
      ...units.flatMap(commandCall),
    ]
  }

  get commands(): WriteCommand[] {
    return this.#calls.map(({ command }) => command)
  }

  /**
   * Derives the outcome of each write from the results of the commands. The replies of a write are in the order of
   * its merges.
   */
  outcomes(results: readonly Result[]): Map<PendingWrite, WriteOutcome> {
    const replies = new Map<PendingWrite, Result[]>(this.units.map((unit) => [unit, []]))
    for (const [number, { places }] of this.#calls.entries()) {
      const result = results[number] ?? failed('A command was not sent.')
      for (const [at, { unit, index }] of places.entries()) {
        const own = replies.get(unit)
        if (own !== undefined) own[index] = valueAt(result, at)
      }
    }
    return new Map([...replies].map(([unit, own]) => [unit, readOutcome(own)]))
  }
}

const SCRIPTS_TO_MERGE = new Set([SCRIPTS.merge, SCRIPTS.mergeStored, SCRIPTS.mergeWhenFull, SCRIPTS.revoke])

function scriptFor({ record, endsReplacements }: MergeRequest, whenFull: WhenFull): Script {
  if (record.state === 'revoked') return endsReplacements ? SCRIPTS.revoke : SCRIPTS.mergeWhenFull
  if (whenFull === 'stored') return SCRIPTS.mergeStored
  return whenFull === 'write' ? SCRIPTS.mergeWhenFull : SCRIPTS.merge
}

function commandCall(unit: PendingWrite): Call[] {
  const { command } = unit
  if (command === null) return []
  const places = Array.from({ length: command.values ?? 1 }, (_, index) => ({ unit, index }))
  return [{ command, places }]
}

function mergeCalls(units: readonly PendingWrite[], script: Script): Call[] {
  const merges = units.flatMap((unit) =>
    unit.merges.flatMap((request, index) =>
      scriptFor(request, unit.whenFull) === script ? [{ request, place: { unit, index } }] : [],
    ),
  )
  return chunksOf(merges, MAX_MERGES).map((some) => {
    const requests = some.map(({ request }) => request)
    return { command: mergeCommand(requests, script), places: some.map(({ place }) => place) }
  })
}

/**
 * Returns one value of the list that a script returned. 0 means that the record could not be read, -1 that memory
 * was full.
 */
function valueAt(result: Result, index: number): Result {
  if (result.status === 'rejected') return result
  const value = Array.isArray(result.value) ? result.value[index] : undefined
  if (value === undefined) return failed('A script answered with too few values.')
  if (value === 0) return failed('A record to merge is malformed.')
  return value === -1 ? failed('Memory is full.', 'OOM') : { status: 'fulfilled', value }
}

function failed(message: string, kind = 'HFRECORD'): Result {
  return { status: 'rejected', reason: new RedisReplyError(message, kind) }
}
