import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkKeys } from '../../../src/checker/keys/check-keys.ts'
import type { FinalKeyReading, KeyContents, KeyRuleName } from '../../../src/checker/keys/rule.ts'
import type { Answer, HistoryEvent, InvokeEvent } from '../../../src/history/events.ts'
import { Random } from '../../../src/schedule/random.ts'

const LEASE_MS = 1000
const REGISTER = 'register'
const COUNTER = 'counter'
const PAIR = 'pair'
const LIST = 'list'

/** One operation of a correct server, with what its client saw. */
interface Step {
  asked: Pick<InvokeEvent, 'operation' | 'key' | 'value' | 'elements'>
  outcome: 'ok' | 'fail' | 'info'
  answer: Answer
  process: string
  atMs: number
}

interface Run {
  steps: Step[]
  contents: Map<string, KeyContents>
}

/** What plain clients see of one correct Redis. Operations are far enough apart for every rule to apply. */
function faultless(seed: number): Run {
  const random = new Random(seed, 'faultless')
  const steps: Step[] = []
  const list: string[] = []
  let [register, highest, counter, pair, pushed] = [0, 0, 0, 0, 0]
  for (let step = 0; step < 80; step++) {
    const unknown = random.chance(0.05)
    const runs = !unknown || random.chance(0.5)
    const outcome = unknown ? 'info' : 'ok'
    const add = (asked: Step['asked'], answer: Answer) =>
      steps.push({ asked, outcome, answer, process: `c1.${step}`, atMs: 2000 * step })
    const draw = random.between(0, 5)
    if (draw === 0) {
      const value = ++highest
      if (runs) register = value
      add({ operation: 'set', key: REGISTER, value }, {})
    } else if (draw === 1) {
      if (runs) counter += 1
      add({ operation: 'incr', key: COUNTER }, { value: counter })
    } else if (draw === 2) {
      const elements = [`e${++pushed}`, `e${++pushed}`]
      if (runs) list.push(...elements)
      add({ operation: 'push', key: LIST, elements }, {})
    } else if (draw === 3) {
      if (runs) pair += 1
      add({ operation: 'add', key: PAIR }, { values: [pair, pair] })
    } else if (draw === 4) add({ operation: 'get', key: REGISTER }, { value: register })
    else add({ operation: 'compare', key: PAIR }, { values: [pair, pair] })
  }
  const contents = new Map<string, KeyContents>([
    [REGISTER, String(register)],
    [COUNTER, String(counter)],
    [PAIR, String(pair)],
    [LIST, list],
  ])
  return { steps, contents }
}

function found(
  { steps, contents }: Run,
  nodes: ReadonlyMap<string, KeyContents> = contents,
): Set<KeyRuleName> {
  const events = steps.flatMap(({ asked, outcome, answer, process, atMs }, index): HistoryEvent[] => [
    { type: 'invoke', atMs, call: `${index}`, process, worker: 'w1', ...asked },
    { type: outcome, atMs: atMs + 5, call: `${index}`, ...(outcome === 'ok' ? { answer } : {}) },
  ])
  const readings = [...contents].map(
    ([key, client]): FinalKeyReading => ({
      key,
      atMs: 1_000_000,
      nodes: { a: client, b: nodes.get(key) ?? null },
      client,
    }),
  )
  return new Set(checkKeys(events, readings, { leaseMs: LEASE_MS }).violations.map(({ rule }) => rule))
}

const seeds = fc.integer({ min: 1, max: 1_000_000 })

/** Changes a correct run, and expects a rule to notice. A run without anything to change is drawn again. */
function finds(rule: KeyRuleName, mutate: (run: Run, which: number) => Run | null): void {
  fc.assert(
    fc.property(seeds, fc.nat(), (seed, which) => {
      const mutant = mutate(faultless(seed), which)
      fc.pre(mutant !== null)
      expect(found(mutant)).toContain(rule)
    }),
  )
}

const pick = <T>(all: readonly T[], which: number): T | undefined => all[which % Math.max(1, all.length)]
const acknowledged = (run: Run, operation: string) =>
  run.steps.filter((step) => step.asked.operation === operation && step.outcome === 'ok')
const withContents = (run: Run, key: string, contents: KeyContents): Run => ({
  ...run,
  contents: new Map(run.contents).set(key, contents),
})
const change = (run: Run, old: Step, fresh: Partial<Step>): Run => ({
  ...run,
  steps: run.steps.map((step) => (step === old ? { ...step, ...fresh } : step)),
})

it('passes what the clients of a correct Redis see', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      expect(found(faultless(seed))).toEqual(new Set())
    }),
  )
})

describe('a lost write', () => {
  it('of a counter shows in its sum', () => {
    finds('P1-lost-write', (run) => {
      const least = acknowledged(run, 'incr').length
      return least === 0 ? null : withContents(run, COUNTER, String(least - 1))
    })
  })

  it('of a counter shows in the answers of later increments', () => {
    finds('P1-lost-write', (run, which) => {
      const later = pick(acknowledged(run, 'incr').slice(1), which)
      return later === undefined
        ? null
        : change(run, later, { answer: { value: acknowledged(run, 'incr').indexOf(later) } })
    })
  })

  it('of a register shows in the end', () => {
    finds('P1-lost-write', (run) => {
      const last = acknowledged(run, 'set').at(-1)
      return last === undefined ? null : withContents(run, REGISTER, null)
    })
  })

  it('of a list shows as a missing element', () => {
    finds('P1-lost-write', (run, which) => {
      const push = pick(acknowledged(run, 'push'), which)
      const lost = push?.asked.elements?.[0]
      const list = run.contents.get(LIST) as string[]
      return lost === undefined
        ? null
        : withContents(
            run,
            LIST,
            list.filter((element) => element !== lost),
          )
    })
  })
})

describe('a write that is done twice', () => {
  it('shows in the sum of a counter', () => {
    finds('P2-done-twice', (run) => {
      const most = run.steps.filter(({ asked }) => asked.operation === 'incr').length
      return withContents(run, COUNTER, String(most + 1))
    })
  })

  it('shows in the answer of an increment', () => {
    finds('P2-done-twice', (run, which) => {
      const increments = run.steps.filter(({ asked }) => asked.operation === 'incr')
      const one = pick(acknowledged(run, 'incr'), which)
      return one === undefined ? null : change(run, one, { answer: { value: increments.indexOf(one) + 2 } })
    })
  })

  it('shows as a repeated element', () => {
    finds('P2-done-twice', (run, which) => {
      const list = run.contents.get(LIST) as string[]
      const again = pick(list, which)
      return again === undefined ? null : withContents(run, LIST, [...list, again])
    })
  })

  it('shows as a number that nothing wrote', () => {
    finds('P2-done-twice', (run, which) => {
      const read = pick(acknowledged(run, 'get'), which)
      return read === undefined ? null : change(run, read, { answer: { value: 1_000_000 } })
    })
  })
})

it('a write that was refused and done shows in a list and in a register', () => {
  finds('P6-refused-but-done', (run, which) => {
    const push = pick(acknowledged(run, 'push'), which)
    return push === undefined ? null : change(run, push, { outcome: 'fail' })
  })
  finds('P6-refused-but-done', (run, which) => {
    const seen = pick(
      acknowledged(run, 'set').filter((set) =>
        acknowledged(run, 'get').some(({ answer }) => answer.value === set.asked.value),
      ),
      which,
    )
    return seen === undefined ? null : change(run, seen, { outcome: 'fail' })
  })
})

describe('another order', () => {
  it('shows in the list of a client', () => {
    finds('P3-order', (run, which) => {
      const push = pick(acknowledged(run, 'push'), which)
      const [one = '', two = ''] = push?.asked.elements ?? []
      const list = run.contents.get(LIST) as string[]
      const exchanged = list.map((element) => (element === one ? two : element === two ? one : element))
      return push === undefined ? null : withContents(run, LIST, exchanged)
    })
  })

  it('shows as a transaction that took effect in part', () => {
    finds('P3-order', (run, which) => {
      const seen = pick([...acknowledged(run, 'add'), ...acknowledged(run, 'compare')], which)
      const [one, two] = seen?.answer.values ?? [0, 0]
      return seen === undefined ? null : change(run, seen, { answer: { values: [one, two + 1] } })
    })
  })
})

describe('a stale read', () => {
  /** Reads that follow an acknowledged number of the register. */
  const readsBehind = (run: Run) =>
    acknowledged(run, 'get').filter((read) => {
      const before = run.steps.slice(0, run.steps.indexOf(read))
      return before.some((step) => step.asked.operation === 'set' && step.outcome === 'ok')
    })

  it('of a register is found', () => {
    finds('P5-stale-read', (run, which) => {
      const read = pick(readsBehind(run), which)
      return read === undefined ? null : change(run, read, { answer: { value: 0 } })
    })
  })

  it('is excused within the lease', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const run = faultless(seed)
        const read = readsBehind(run).find(
          (one) => run.steps[run.steps.indexOf(one) - 1]?.asked.operation === 'set',
        )
        const write = read === undefined ? undefined : run.steps[run.steps.indexOf(read) - 1]
        fc.pre(read !== undefined && write?.outcome === 'ok')
        const soon = { atMs: (write?.atMs ?? 0) + LEASE_MS, answer: { value: (write?.asked.value ?? 0) - 1 } }
        const others = run.steps.filter((step) => step.asked.operation !== 'set' || step === write)
        const alone = { ...run, steps: others }
        expect(found(read === undefined ? alone : change(alone, read, soon))).not.toContain('P5-stale-read')
      }),
    )
  })

  it('is excused while a proxy still writes again, and only then', () => {
    const history = (resendMs: number): Run => ({
      steps: [
        {
          asked: { operation: 'set', key: REGISTER, value: 1 },
          outcome: 'ok',
          answer: {},
          process: 'a',
          atMs: 0,
        },
        {
          asked: { operation: 'get', key: REGISTER },
          outcome: 'ok',
          answer: { value: 0 },
          process: 'b',
          atMs: 20_000,
        },
        { asked: { operation: 'resend' }, outcome: 'ok', answer: {}, process: 'c', atMs: resendMs },
      ].sort((one, other) => one.atMs - other.atMs) as Step[],
      contents: new Map<string, KeyContents>([[REGISTER, '1']]),
    })
    expect(found(history(21_000))).toEqual(new Set())
    expect(found(history(19_000))).toContain('P5-stale-read')
    expect(found(history(31_000))).toContain('P5-stale-read')
  })
})

it('nodes that hold different values in the end disagree', () => {
  const run = faultless(7)
  expect(found(run, new Map(run.contents).set(COUNTER, '999'))).toContain('final-disagreement')
})
