import fc from 'fast-check'
import { LIBRARIES, SCRIPTS, SHAS } from './scripts.ts'

type Words = fc.Arbitrary<Buffer[]>

const word = (text: string) => Buffer.from(text)
const oneOf = (...texts: string[]) => fc.constantFrom(...texts).map(word)
/** Mostly what belongs there, and sometimes what does not. */
const mostly = (usual: fc.Arbitrary<Buffer>, other: fc.Arbitrary<Buffer>) =>
  fc.oneof({ arbitrary: usual, weight: 14 }, { arbitrary: other, weight: 1 })

/** Kinds of keys: strings, numbers, bits, hashes, lists, sets, sorted sets, streams, HyperLogLogs, places. */
const KINDS = ['s', 'n', 'b', 'h', 'l', 'e', 'z', 'x', 'p', 'g']
const keys = (kind: string) => oneOf(`${kind}1`, `${kind}2`, `${kind}3`)
const anyKey = fc.oneof(...KINDS.map(keys), oneOf('missing', '', 'a key\r\nwith a break'))

const member = oneOf('m1', 'm2', 'm3', 'm4', 'é', 'M1')
const value = fc.oneof(
  { arbitrary: member, weight: 3 },
  { arbitrary: oneOf('7', '-3', '10.5', '1e3', 'a value', ''), weight: 3 },
  { arbitrary: oneOf('line\r\nbreak', '$5\r\nhello\r\n', '*1\r\n', '\0', '+OK'), weight: 1 },
  { arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)), weight: 2 },
  { arbitrary: fc.constant(Buffer.alloc(20_000, 'x')), weight: 1 },
)
const notANumber = oneOf('abc', '', '1.5', ' 1', '9223372036854775808', 'nan', '0x10')
const integer = (min: number, max: number) => fc.integer({ min, max }).map((number) => word(String(number)))

/** In the year 2100 and later, so that no answer depends on the time of the test. */
const LATER_S = 4_102_444_800

/** What the names in angle brackets stand for. */
const VALUES: Record<string, fc.Arbitrary<Buffer>> = {
  ...Object.fromEntries(KINDS.map((kind) => [kind, mostly(keys(kind), anyKey)])),
  any: anyKey,
  /** Keys that expire at a time that is given, at a time from now, and never. */
  a: keys('a'),
  t: keys('t'),
  forever: oneOf('forever1', 'forever2'),
  v: value,
  m: member,
  i: mostly(integer(-6, 12), notANumber),
  u: mostly(integer(0, 9), notANumber),
  f: mostly(oneOf('1', '2.5', '-1', '3', '0.1', '1e2', 'inf', '-inf'), notANumber),
  bound: mostly(oneOf('-inf', '+inf', '0', '(1', '2', '(3', '100'), notANumber),
  lex: mostly(oneOf('-', '+', '[m1', '(m2', '[m3', '(M1'), member),
  lon: mostly(oneOf('13.361389', '15.087269', '-0.12', '2.35'), oneOf('200', 'x')),
  lat: mostly(oneOf('38.115556', '37.502669', '51.5', '48.85'), oneOf('-91', 'x')),
  id: mostly(
    fc.oneof(
      integer(1, 60),
      fc.tuple(fc.nat(60), fc.nat(3)).map(([ms, n]) => word(`${ms}-${n}`)),
      oneOf('5-*'),
    ),
    oneOf('x', '0-0', '-1', '1-x'),
  ),
  group: oneOf('g1', 'g2'),
  at: mostly(integer(LATER_S, LATER_S + 3), oneOf('1', 'abc')),
  atms: mostly(integer(LATER_S * 1000, LATER_S * 1000 + 2), oneOf('1', 'abc')),
  sec: mostly(oneOf('1000', '20000'), oneOf('0', '-1', 'abc')),
  ms: mostly(oneOf('1000000', '20000000'), oneOf('0', '-1', 'abc')),
  wait: mostly(oneOf('0.01', '0.02'), oneOf('-1', 'abc')),
  script: oneOf(...SCRIPTS),
  sha: oneOf(...SHAS, 'f'.repeat(40), 'short'),
  library: oneOf(...LIBRARIES),
}

/** The calls of one template. */
export function callArbitrary(template: string): Words {
  const words = template.split(' ')
  const { arbitrary, next } = sequence(words, 0)
  if (next < words.length) throw new Error(`A bracket is not opened: ${template}`)
  return arbitrary
}

interface Parsed {
  arbitrary: Words
  next: number
}

/** Reads words up to the bracket that ends them. */
function sequence(words: readonly string[], start: number): Parsed {
  const parts: Words[] = []
  let at = start
  while (at < words.length) {
    const token = words[at] ?? ''
    if (['|', ']', ')', '}'].includes(token)) break
    if (token === '[' || token === '{') {
      const inner = sequence(words, at + 1)
      parts.push(token === '[' ? optional(inner.arbitrary) : repeated(inner.arbitrary))
      at = inner.next + 1
    } else if (token === '(') {
      const inner = choice(words, at + 1)
      parts.push(inner.arbitrary)
      at = inner.next
    } else {
      parts.push(single(token))
      at += 1
    }
  }
  return { arbitrary: fc.tuple(...parts).map((found) => found.flat()), next: at }
}

function choice(words: readonly string[], start: number): Parsed {
  const choices: Words[] = []
  let at = start
  for (;;) {
    const inner = sequence(words, at)
    choices.push(inner.arbitrary)
    at = inner.next + 1
    if (words[inner.next] !== '|') return { arbitrary: fc.oneof(...choices), next: at }
  }
}

const optional = (words: Words): Words => fc.oneof(fc.constant<Buffer[]>([]), words)
const repeated = (words: Words): Words =>
  fc.array(words, { minLength: 1, maxLength: 3 }).map((found) => found.flat())

function single(token: string): Words {
  const name = /^<(\w+)>$/.exec(token)?.[1]
  if (name === undefined) return fc.constant([word(token)])
  const values = VALUES[name]
  if (values === undefined) throw new Error(`The template has no values for ${token}.`)
  return values.map((found) => [found])
}
