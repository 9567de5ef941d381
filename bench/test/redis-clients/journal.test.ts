import { describe, expect, test } from 'vitest'
import { Journal } from '../../src/redis-clients/journal.ts'

/** A journal with two acknowledged writes of each kind, and what a primary holds that has all of them. */
function written() {
  const journal = new Journal('p')
  const first = journal.nextSet()
  first.end(10)
  const second = journal.nextSet()
  second.end(20)
  journal.incremented(1, 10)
  journal.incremented(2, 20)
  const elements = [journal.nextElement(), journal.nextElement()]
  for (const element of elements) journal.pushed(element)
  const numbers = new Map([
    [first.key, 2],
    [journal.counter, 2],
  ])
  return { journal, key: first.key, numbers, elements }
}

function verdictOf({ journal, numbers, elements }: ReturnType<typeof written>) {
  return journal.judge({ numberAt: (key) => numbers.get(key) ?? null, elements })
}

describe('a journal of acknowledged writes', () => {
  test('finds nothing lost and nothing done twice if all is stored once', () => {
    expect(verdictOf(written())).toEqual({ lost: 0, twice: 0 })
  })

  test('counts each lost number, increment and element', () => {
    const set = written()
    set.numbers.set(set.key, 1)
    expect(verdictOf(set)).toEqual({ lost: 1, twice: 0 })
    const gone = written()
    gone.numbers.delete(gone.key)
    expect(verdictOf(gone)).toEqual({ lost: 2, twice: 0 })
    const counter = written()
    counter.numbers.set(counter.journal.counter, 1)
    expect(verdictOf(counter)).toEqual({ lost: 1, twice: 0 })
    const list = written()
    list.elements.pop()
    expect(verdictOf(list)).toEqual({ lost: 1, twice: 0 })
  })

  test('counts an increment as lost whose answer a later one got again, although the counter is as large', () => {
    const counter = written()
    counter.journal.incremented(2, 30)
    expect(verdictOf(counter)).toEqual({ lost: 1, twice: 0 })
  })

  test('counts increments and elements that were done twice', () => {
    const counter = written()
    counter.numbers.set(counter.journal.counter, 3)
    expect(verdictOf(counter)).toEqual({ lost: 0, twice: 1 })
    const list = written()
    list.elements.push(list.elements[0] ?? '')
    expect(verdictOf(list)).toEqual({ lost: 0, twice: 1 })
  })

  test('does not know whether a write without an answer was done', () => {
    const done = written()
    done.journal.incremented(null, 30)
    done.numbers.set(done.journal.counter, 3)
    done.elements.push(done.journal.nextElement())
    const next = done.journal.nextSet()
    next.end(null)
    done.numbers.set(next.key, next.value)
    expect(verdictOf(done)).toEqual({ lost: 0, twice: 0 })
    done.numbers.set(done.journal.counter, 4)
    expect(verdictOf(done)).toEqual({ lost: 0, twice: 1 })
  })

  test('lets a read show what was not acknowledged before it began', () => {
    const { journal, key } = written()
    expect([5, 10, 15, 20, 25].map((atMs) => journal.leastAt(key, atMs))).toEqual([0, 0, 1, 1, 2])
    expect(journal.leastAt(journal.counter, 25)).toBe(2)
    expect(journal.leastAt('another', 25)).toBe(0)
  })

  test('gives a key to one writer at a time', () => {
    const journal = new Journal('p')
    const [one, other] = [journal.nextSet(), journal.nextSet()]
    expect(other.key).not.toBe(one.key)
    one.end(null)
    expect(journal.nextSet()).toMatchObject({ key: one.key, value: 2 })
  })
})
