import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_BYTES, parseSite } from '../../src/file/parse.ts'
import { siteJsonSchema } from '../../src/file/schema.ts'
import { TIMINGS } from '../../src/topology/topology.ts'

const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '../rules/fixtures', `${name}.yaml`), 'utf8')
const SHORT = fixture('good-short')

describe('parseSite', () => {
  it('parseSite uses defaults for keys that the file does not set', () => {
    const { site } = parseSite(SHORT)
    expect(site).toMatchObject({
      engine: { name: 'valkey', version: '8.0' },
      profile: 'hardened',
      transport: 'tls',
      plainBecause: null,
      timings: TIMINGS.fast,
      dataCentres: [
        { name: 'dc1', primaryName: 'mymaster', secrets: { kind: 'file', path: './nowhere/dc1' } },
      ],
    })
    expect(site?.dataCentres[0]?.hosts[0]).toEqual({
      name: 'redis-1',
      address: '10.1.0.11',
      names: [],
      tunnelAddress: null,
      runs: ['redis', 'sentinel'],
    })
  })

  it('parseSite returns every value that the file sets', () => {
    const { site } = parseSite(fixture('good-complete'))
    expect(site).toMatchObject({
      timings: TIMINGS.reference,
      clients: { retryBudgetMs: 20_000 },
      redis: {
        maxmemoryMb: 512,
        maxmemoryPolicy: 'noeviction',
        backlogMb: 64,
        replicaBufferMb: 256,
        appendfsync: 'always',
      },
      rotation: { usersDays: 30, keyringDays: 90, certificateDaysLeft: 14 },
    })
    expect(site?.dataCentres.map(({ name, quorum }) => [name, quorum])).toEqual([
      ['east', 2],
      ['west', undefined],
    ])
    expect(site?.dataCentres[0]?.secrets).toEqual({ kind: 'environment', prefix: 'HOLDFAST_NOWHERE_EAST' })
  })

  it('parseSite accepts custom timings', () => {
    const text = SHORT.replace('engine:', 'timings: { downAfterMs: 2000, failoverTimeoutMs: 9000 }\nengine:')
    expect(parseSite(text).site?.timings).toEqual({
      name: 'custom',
      downAfterMs: 2000,
      failoverTimeoutMs: 9000,
    })
  })

  it('parseSite accepts a systemd credential as the place of the secrets', () => {
    const text = SHORT.replace('{ file: ./nowhere/dc1 }', 'credentials')
    expect(parseSite(text).site?.dataCentres[0]?.secrets).toEqual({ kind: 'credentials' })
  })
})

describe('SourceMap', () => {
  const { source } = parseSite(SHORT)
  it.each([
    ['a value', ['engine'], [3, 9, 19]],
    ['a map at its key', ['dataCentres', 'dc1', 'hosts'], [7, 5, 10]],
    ['an item of a list', ['dataCentres', 'dc1', 'hosts', 1], [9, 9, 71]],
    ['a value in an item', ['dataCentres', 'dc1', 'hosts', 1, 'address'], [9, 35, 44]],
    ['a default at the item that would contain it', ['dataCentres', 'dc1', 'hosts', 1, 'names'], [9, 9, 71]],
  ] as const)('SourceMap locates %s', (_, path, [line, column, endColumn]) => {
    expect(source.locate(path)).toEqual({ line, column, endColumn })
  })
})

describe('Messages about the form of a file', () => {
  const messagesOf = (from: string, to: string) =>
    parseSite(SHORT.replace(from, to)).findings.map(({ message }) => message)

  it.each([
    ['the key that was meant', 'dataCentres:', 'dataCenters:', 'Did you mean `dataCentres`?'],
    ['the valid keys', 'secrets:', 'colour:', 'Valid keys: primaryName, secrets, quorum, hosts.'],
    ['a missing key', 'address: 10.1.0.12,', '', '`address` is missing; it must be text.'],
    ['the valid values', 'valkey 8.0', 'redis 6.0', 'must be one of redis 7.0, redis 7.2'],
    ['the quotes that a number needs', 'redis-1,', '1,', '`name` must be text; put it in quotes.'],
    ['two keys that exclude each other', 'file:', 'environment: X, file:', 'cannot be combined'],
    [
      'the valid items of a list',
      'runs: [gateway]',
      'runs: [gate]',
      'An item of `runs` must be one of redis',
    ],
    ['an empty list', 'runs: [gateway]', 'runs: []', 'must name at least one service'],
    ['a value that should be a list', 'runs: [gateway]', 'runs: gateway', '`runs` must be a list.'],
    [
      'the valid number of days',
      'engine:',
      'rotation: { usersDays: 0 }\nengine:',
      '`usersDays` must be a whole number from 1 to 3650.',
    ],
    [
      'the number without its unit',
      'engine:',
      'timings: { downAfterMs: 5s }\nengine:',
      '; write 5000 without a unit.',
    ],
    ['the number of MiB', 'engine:', 'redis: { maxmemoryMb: 2gb }\nengine:', '; write 2048 without a unit.'],
    [
      'the number without quotes',
      'engine:',
      'redis: { maxmemoryMb: "512" }\nengine:',
      '; write 512 without quotes.',
    ],
    ['the version without its patch level', 'valkey 8.0', 'Redis 7.0.15', '; write redis 7.0.'],
    [
      'the fixed ports',
      'address: 10.1.0.12',
      'address: 10.1.0.12, port: 6380',
      'The ports are fixed: 6379 for Redis',
    ],
  ])('a message names %s', (_, from, to, words) => {
    expect(messagesOf(from, to).join('\n')).toContain(words)
  })

  // INV-SITE-1.
  it('a message never shows a value that may be a secret', () => {
    expect(messagesOf('{ file: ./nowhere/dc1 }', 'hunter2').join()).not.toContain('hunter2')
    expect(messagesOf('engine:', 'password: *hunter2\nengine:').join()).not.toContain('hunter2')
  })
})

describe('parseSite on invalid input', () => {
  it.each([
    ['an empty file', ''],
    ['a list', '- 1'],
    ['deep brackets', '['.repeat(200_000)],
    ['deep maps', '{a: '.repeat(60_000)],
    ['deep lists', '- '.repeat(100_000)],
    ['a bomb of references', `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]`],
    ['a reference to itself', 'a: &a [*a]'],
    ['a file that is too long', `# ${'x'.repeat(MAX_BYTES)}`],
    ['keys that are lists', '? [1, 2]\n: 3'],
    ['prototypes', '__proto__: { version: 1 }\nconstructor: 1'],
    ['two documents', `${SHORT}---\n${SHORT}`],
  ])('parseSite returns findings and does not throw on %s', (_, text) => {
    const { site, findings } = parseSite(text)
    expect(site).toBeNull()
    expect(findings.length).toBeGreaterThan(0)
    expect(findings.length).toBeLessThan(30)
  })

  it('parseSite lists the first of many mistakes, and how many there are', () => {
    const keys = Array.from({ length: 20_000 }, (_, number) => `key${number}: 1`)
    const { findings } = parseSite(`${SHORT}\n${keys.join('\n')}\n`)
    expect(findings).toHaveLength(21)
    expect(findings.at(-2)?.message).toContain('Unknown key `key19`.')
    expect(findings.at(-1)?.message).toBe(
      'There are 19980 more such mistakes, which are not listed. Correct these first.',
    )
  })

  it('parseSite returns a site or findings with valid positions after any edit of a good file', () => {
    const inserts = fc.constantFrom(
      '\n',
      '\t',
      ' ',
      ':',
      '- ',
      '[',
      '}',
      '"',
      '&a ',
      '*a',
      '!x ',
      '? ',
      '|',
      '\0',
      'é',
    )
    const edits = fc.array(fc.tuple(fc.nat(SHORT.length), fc.nat(20), inserts), { maxLength: 4 })
    fc.assert(
      fc.property(edits, (changes) => {
        let text = SHORT
        for (const [at, cut, insert] of changes) text = text.slice(0, at) + insert + text.slice(at + cut)
        const lines = text.split(/\r\n|[\r\n]/)
        const { site, findings } = parseSite(text)
        expect(site === null).toBe(findings.length > 0)
        for (const { line, column } of findings) {
          expect(line).toBeLessThanOrEqual(lines.length)
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1)
        }
      }),
      { numRuns: 500 },
    )
  })
})

it('the JSON Schema describes every key', () => {
  const undescribed: string[] = []
  const visit = (node: Record<string, unknown>, path: string) => {
    for (const [key, value] of Object.entries((node['properties'] ?? {}) as Record<string, object>)) {
      const own = value as Record<string, unknown>
      if (typeof own['description'] !== 'string') undescribed.push(`${path}.${key}`)
      visit(own, `${path}.${key}`)
    }
    for (const inner of [node['items'], node['additionalProperties'], ...((node['anyOf'] as []) ?? [])]) {
      if (typeof inner === 'object' && inner !== null) visit(inner as Record<string, unknown>, path)
    }
  }
  visit(siteJsonSchema(), '')
  expect(undescribed).toEqual([])
})
