import type { z } from 'zod'
import { PORT } from '../topology/topology.ts'
import { ENGINES } from './choices.ts'
import type { Path, Problem } from './finding.ts'
import { siteJsonSchema } from './schema.ts'
import { suggest } from './suggest.ts'

type Issue = z.core.$ZodIssue

/** Turns issues that zod reports into problems of the file. A value is never shown: it may be a secret. */
export function shapeProblems(issues: readonly Issue[], values: unknown): Problem[] {
  return issues.flatMap((issue) => problemsOf(issue, values))
}

function problemsOf(issue: Issue, values: unknown): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(siteJsonSchema(), path)
    return issue.keys.map((key) => unknownKey(path, key, known))
  }
  if (issue.code === 'invalid_union') {
    return nearestBranch(issue.errors).flatMap((inner) =>
      problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, values),
    )
  }
  const name = String(path.at(-1) ?? 'the file')
  if (isMissing(path, values)) {
    return [{ path: path.slice(0, -1), message: `\`${name}\` is missing; it ${issue.message}.` }]
  }
  const item = typeof path.at(-1) === 'number' ? `an item of \`${path.at(-2)}\`` : `\`${name}\``
  return [
    {
      path,
      message:
        path.length === 0
          ? `The file ${issue.message}.`
          : sentence(item, name, issue.message, at(values, path)),
    },
  ]
}

/** `item` names the value, and `key` is its key. */
function sentence(item: string, key: string, message: string, value: unknown): string {
  const subject = item.charAt(0) === 'a' ? `A${item.slice(1)}` : item
  return `${subject} ${message}${hint(key, message, value)}.`
}

function hint(key: string, message: string, value: unknown): string {
  // Such as 1.2 and yes, which YAML does not read as text.
  if (message === 'must be text' && ['number', 'boolean'].includes(typeof value)) return '; put it in quotes'
  if (typeof value !== 'string') return ''
  if (key === 'engine') return hintOfEngine(value)
  return message.startsWith('must be a whole number') ? hintOfUnit(key, value) : ''
}

/** `Redis 7.0.15` is `redis 7.0`. */
function hintOfEngine(value: string): string {
  const [, name = '', major, minor = '0'] =
    /^(redis|valkey)[ :@-]?v?(\d+)(?:\.(\d+))?(?:\.\d+)*$/i.exec(value) ?? []
  const engine = ENGINES.find((known) => known === `${name.toLowerCase()} ${major}.${minor}`)
  return engine === undefined ? '' : `; write ${engine}`
}

/** How many of the unit of a key (the end of its name) a written unit is. */
const UNITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Ms: { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 },
  Mb: { m: 1, mb: 1, mib: 1, g: 1024, gb: 1024, gib: 1024 },
  Days: { d: 1, day: 1, days: 1, w: 7, y: 365 },
}

/** `5s` is 5000 for a key whose name ends in `Ms`. */
function hintOfUnit(key: string, value: string): string {
  const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?) ?([a-z]*)$/i.exec(value) ?? []
  const [, ending = ''] = /(Ms|Mb|Days)$/.exec(key) ?? []
  if (number === '') return ''
  const units = UNITS[ending] ?? {}
  const factor = unit === '' ? 1 : units[unit.toLowerCase()]
  const converted = factor === undefined ? Number.NaN : Number(number) * factor
  return Number.isInteger(converted)
    ? `; write ${converted} without ${unit === '' ? 'quotes' : 'a unit'}`
    : ''
}

/** The ports of a rendered host. */
const PORTS = `The ports are fixed: ${PORT.redis} for Redis, ${PORT.sentinel} for Sentinel. Remove the key.`

function unknownKey(path: Path, key: string, known: readonly string[]): Problem {
  const problem = (message: string): Problem => ({ path: [...path, key], atKey: true, message })
  if (known.includes(key))
    return problem(`\`${key}\` cannot be combined with the other keys here. Remove one of them.`)
  if (/^ports?$/i.test(key)) return problem(`Unknown key \`${key}\`. ${PORTS}`)
  const meant = suggest(key, known)
  if (meant !== null) return problem(`Unknown key \`${key}\`. Did you mean \`${meant}\`?`)
  const hint = `Valid keys: ${known.join(', ')}.`
  // The key may be a secret, written where the place that keeps it should be named.
  if (path.at(-1) === 'secrets') return { path, message: `Unknown key, which is not shown. ${hint}` }
  return problem(`Unknown key \`${key}\`. ${hint}`)
}

/**
 * Returns the issues of the union branch that the value resembles most. A branch of another type is the last choice.
 */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const weight = (issues: readonly Issue[]) =>
    issues.length +
    (issues.some(({ path, code }) => path.length === 0 && code !== 'unrecognized_keys') ? 100 : 0)
  return [...branches].sort((one, other) => weight(one) - weight(other)).at(0) ?? []
}

const isMissing = (path: readonly (string | number)[], values: unknown): boolean =>
  path.length > 0 && at(values, path) === undefined

function at(values: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    values,
  )
}

interface SchemaNode {
  properties?: Record<string, SchemaNode>
  additionalProperties?: SchemaNode | boolean
  items?: SchemaNode
  anyOf?: SchemaNode[]
}

/** The keys that the schema allows at a path. */
function knownKeys(schema: SchemaNode, path: readonly (string | number)[]): string[] {
  let nodes = branchesOf(schema)
  for (const step of path) {
    nodes = nodes.flatMap((node) => {
      const more = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
      const next = typeof step === 'number' ? node.items : (node.properties?.[step] ?? more)
      return next ? branchesOf(next) : []
    })
  }
  return nodes.flatMap(({ properties }) => Object.keys(properties ?? {}))
}

const branchesOf = (node: SchemaNode): SchemaNode[] => node.anyOf?.flatMap(branchesOf) ?? [node]
