import { RedisReplyError } from '../errors.ts'
import type { Reply } from '../redis/connection.ts'
import { SCRIPTS, type Script } from '../scripts/scripts.ts'
import { mergeCommand } from './commands.ts'
import { readOutcome, type Unit, type UnitOutcome, type WriteCommand } from './unit.ts'

/** Most merges in one call, so that it keeps the primary busy for about a millisecond. */
const MOST_MERGES = 64

/** Which of a unit's replies something is. */
interface Place {
  unit: Unit
  index: number
}

/** One call of the script. Its reply is a list with a value for each place. */
interface Call {
  command: WriteCommand
  places: readonly Place[]
}

type Result = PromiseSettledResult<Reply>

/**
 * What units that are written together send: their merges in as few calls as can be, because a call costs more
 * than the merge that it makes. Live records and tombstones go apart: only the latter may be written when memory
 * is full. Pure.
 */
export class Batch {
  readonly units: readonly Unit[]
  readonly #calls: readonly Call[]

  constructor(units: readonly Unit[]) {
    this.units = units
    this.#calls = [
      ...mergeCalls(units, 'live', SCRIPTS.merge),
      ...mergeCalls(units, 'revoked', SCRIPTS.mergeTombstones),
      ...units.flatMap((unit) =>
        unit.command ? [{ command: unit.command, places: [{ unit, index: 0 }] }] : [],
      ),
    ]
  }

  get commands(): WriteCommand[] {
    return this.#calls.map(({ command }) => command)
  }

  /** What became of each unit, by what became of each command. A unit's replies are in the order of its merges. */
  outcomes(results: readonly Result[]): Map<Unit, UnitOutcome> {
    const replies = new Map<Unit, Result[]>(this.units.map((unit) => [unit, []]))
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

function mergeCalls(units: readonly Unit[], state: 'live' | 'revoked', script: Script): Call[] {
  const merges = units.flatMap((unit) =>
    unit.merges.flatMap((request, index) =>
      request.record.state === state ? [{ request, place: { unit, index } }] : [],
    ),
  )
  return Array.from({ length: Math.ceil(merges.length / MOST_MERGES) }, (_, number) => {
    const some = merges.slice(number * MOST_MERGES, (number + 1) * MOST_MERGES)
    return {
      command: mergeCommand(
        some.map(({ request }) => request),
        script,
      ),
      places: some.map(({ place }) => place),
    }
  })
}

/** A value of a list that a script answered; 0 stands for a record that it could not read. */
function valueAt(result: Result, index: number): Result {
  if (result.status === 'rejected') return result
  const value = Array.isArray(result.value) ? result.value[index] : undefined
  if (value === undefined) return failed('A script answered with too few values.')
  return value === 0 ? failed('A record to merge is malformed.') : { status: 'fulfilled', value }
}

function failed(message: string): Result {
  return { status: 'rejected', reason: new RedisReplyError(message, 'HFRECORD') }
}
