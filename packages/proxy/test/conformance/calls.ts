import fc from 'fast-check'
import { fitsArity } from '../../src/commands/command-table.ts'
import { TABLE } from '../commands/support.ts'
import { callArbitrary } from './call-arbitrary.ts'
import { CALLS, GROUPS } from './call-templates.ts'
import { LEFT_OUT } from './left-out.ts'

export type CallArgs = readonly Buffer[]
/** Calls that belong together, such as those of a transaction. */
type CallGroup = readonly CallArgs[]

/** How many calls are made of each template. */
const PER_CALL = 6
const PER_GROUP = 8

/** Calls of all templates in a random order, the same for each seed. */
export function callsOf(seed: number): CallArgs[] {
  const groups: CallGroup[] = [
    ...CALLS.flatMap((line) =>
      fc.sample(callArbitrary(line), { seed, numRuns: PER_CALL }).map((args) => [args]),
    ),
    ...GROUPS.flatMap((lines) =>
      fc.sample(fc.tuple(...lines.map(callArbitrary)), { seed, numRuns: PER_GROUP }),
    ),
    ...helps(),
    ...wrongNumbers(),
  ]
  const all = { minLength: groups.length, maxLength: groups.length }
  const [shuffled = []] = fc.sample(fc.shuffledSubarray(groups, all), { seed, numRuns: 1 })
  return shuffled.flat()
}

const passing = () => TABLE.all.filter(({ handling }) => handling !== 'refused')
const wordsOf = (name: string) => name.split('|').map((part) => Buffer.from(part))

function helps(): CallGroup[] {
  return passing()
    .filter(({ name }) => name.endsWith('|help'))
    .map(({ name }) => [wordsOf(name)])
}

/** Every command with an argument too few, and with one too many. */
function wrongNumbers(): CallGroup[] {
  return TABLE.all.flatMap(({ name, arity }) => {
    const words = wordsOf(name)
    const few = Math.abs(arity) - 1 - words.length
    const many = arity + 1 - words.length
    return [
      ...(few >= 0 ? [[[...words, ...arguments_(few)]]] : []),
      ...(arity > 0 ? [[[...words, ...arguments_(many)]]] : []),
    ]
  })
}

const arguments_ = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => Buffer.from(`a${index}`))

/** Commands of Redis 7.0 that pass the proxy, and that no call of these compares. */
export function missingCommands(calls: readonly CallArgs[]): string[] {
  const called = new Set(
    calls.flatMap((args) => {
      const command = TABLE.find(args)
      return command !== null && fitsArity(command, args) ? [command.name] : []
    }),
  )
  return passing()
    .map(({ name }) => name)
    .filter((name) => !called.has(name) && !LEFT_OUT.has(name))
}
