import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { siteJsonSchema } from '../../src/site/json-schema.ts'
import { MOST_BYTES, parseSite } from '../../src/site/parse.ts'
import { TIMINGS } from '../../src/topology/topology.ts'

const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '../rules/fixtures', `${name}.yaml`), 'utf8')
const SHORT = fixture('good-short')

describe('a file becomes a site', () => {
  it('with the defaults of what it does not say', () => {
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

  it('with all that it says', () => {
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

  it('with timings of its own', () => {
    const text = SHORT.replace('engine:', 'timings: { downAfterMs: 2000, failoverTimeoutMs: 9000 }\nengine:')
    expect(parseSite(text).site?.timings).toEqual({
      name: 'custom',
      downAfterMs: 2000,
      failoverTimeoutMs: 9000,
    })
  })

  it('with secrets that systemd hands over', () => {
    const text = SHORT.replace('{ file: ./nowhere/dc1 }', 'credentials')
    expect(parseSite(text).site?.dataCentres[0]?.secrets).toEqual({ kind: 'credentials' })
  })
})

describe('a value is found again in the file:', () => {
  const { source } = parseSite(SHORT)
  it.each([
    ['a value', ['engine'], [3, 9, 19]],
    ['a map, by its key', ['dataCentres', 'dc1', 'hosts'], [7, 5, 10]],
    ['an item of a list', ['dataCentres', 'dc1', 'hosts', 1], [9, 9, 71]],
    ['a value in an item', ['dataCentres', 'dc1', 'hosts', 1, 'address'], [9, 35, 44]],
    ['a default, where it would be', ['dataCentres', 'dc1', 'hosts', 1, 'names'], [9, 9, 71]],
  ] as const)('%s', (_, path, [line, column, endColumn]) => {
    expect(source.locate(path)).toEqual({ line, column, endColumn })
  })
})

describe('a mistake in the form says', () => {
  const messagesOf = (from: string, to: string) =>
    parseSite(SHORT.replace(from, to)).findings.map(({ message }) => message)

  it.each([
    ['what was meant', 'dataCentres:', 'dataCenters:', 'Did you mean `dataCentres`?'],
    ['which keys there are', 'secrets:', 'colour:', 'Known here: primaryName, secrets, quorum, hosts.'],
    ['what is missing', 'address: 10.1.0.12,', '', '`address` is missing: it must be text.'],
    ['which words there are', 'valkey 8.0', 'redis 6.0', 'must be one of redis 7.0, redis 7.2'],
    ['to put a number in quotes', 'redis-1,', '1,', '`name` must be text: put it in quotes.'],
    ['that two forms exclude each other', 'file:', 'environment: X, file:', 'does not go together'],
    ['what a list holds', 'runs: [gateway]', 'runs: [gate]', 'An item of `runs` must be one of redis'],
    ['that a list is empty', 'runs: [gateway]', 'runs: []', 'must name at least one service'],
    ['that a list is none', 'runs: [gateway]', 'runs: gateway', '`runs` must be a list.'],
    [
      'how many days there may be',
      'engine:',
      'rotation: { usersDays: 0 }\nengine:',
      '`usersDays` must be a whole number from 1 to 3650.',
    ],
  ])('%s', (_, from, to, words) => {
    expect(messagesOf(from, to).join('\n')).toContain(words)
  })

  // INV-SITE-1.
  it('never what the value is, when it may be a secret', () => {
    expect(messagesOf('{ file: ./nowhere/dc1 }', 'hunter2').join()).not.toContain('hunter2')
    expect(messagesOf('engine:', 'password: *hunter2\nengine:').join()).not.toContain('hunter2')
  })
})

describe('what is no site never breaks the parser:', () => {
  it.each([
    ['nothing', ''],
    ['a list', '- 1'],
    ['deep brackets', '['.repeat(200_000)],
    ['deep maps', '{a: '.repeat(60_000)],
    ['deep lists', '- '.repeat(100_000)],
    ['a bomb of references', `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]`],
    ['a reference to itself', 'a: &a [*a]'],
    ['too much', `# ${'x'.repeat(MOST_BYTES)}`],
    ['keys that are lists', '? [1, 2]\n: 3'],
    ['prototypes', '__proto__: { version: 1 }\nconstructor: 1'],
    ['two documents', `${SHORT}---\n${SHORT}`],
  ])('%s', (_, text) => {
    const { site, findings } = parseSite(text)
    expect(site).toBeNull()
    expect(findings.length).toBeGreaterThan(0)
    expect(findings.length).toBeLessThan(30)
  })

  it('whatever is cut out of a good file or put into it', () => {
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

it('the JSON Schema describes every key, so that editors can explain it', () => {
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
