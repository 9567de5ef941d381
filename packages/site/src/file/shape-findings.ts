import type { z } from 'zod'
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
        path.length === 0 ? `The file ${issue.message}.` : sentence(item, issue.message, at(values, path)),
    },
  ]
}

/** Adds a hint for values such as 1.2 and yes, which YAML does not read as text. */
function sentence(item: string, message: string, value: unknown): string {
  const subject = item.charAt(0) === 'a' ? `A${item.slice(1)}` : item
  const hint =
    message === 'must be text' && ['number', 'boolean'].includes(typeof value) ? '; put it in quotes' : ''
  return `${subject} ${message}${hint}.`
}

function unknownKey(path: Path, key: string, known: readonly string[]): Problem {
  const problem = (message: string): Problem => ({ path: [...path, key], atKey: true, message })
  if (known.includes(key))
    return problem(`\`${key}\` cannot be combined with the other keys here. Remove one of them.`)
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
