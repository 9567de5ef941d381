import type { z } from 'zod'

/** A valid value, or one sentence per mistake. */
export type Parsed<T> = { value: T } | { mistakes: string[] }

/**
 * Parses JSON text and checks it. Mistakes name the key and never quote a value: these files contain passwords and keys,
 * and the message of the JSON parser quotes the text around the mistake.
 */
export function parseJsonText<T>(text: string, schema: z.ZodType<T>): Parsed<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const place = /line \d+ column \d+/.exec((error as Error).message)?.[0]
    return { mistakes: [`The file is not valid JSON${place ? ` (${place})` : ''}.`] }
  }
  return checkValue(value, schema)
}

/** Checks a value that is already parsed. */
export function checkValue<T>(value: unknown, schema: z.ZodType<T>): Parsed<T> {
  const result = schema.safeParse(value)
  return result.success ? { value: result.data } : { mistakes: result.error.issues.map(mistakeOf) }
}

/** Describes a mistake in one sentence, which names the key and quotes no value. */
export function mistakeOf(issue: z.core.$ZodIssue): string {
  const key = issue.path.reduce<string>(
    (path, part) =>
      typeof part === 'number' ? `${path}[${part}]` : path ? `${path}.${String(part)}` : String(part),
    '',
  )
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((name) => `\`${key ? `${key}.` : ''}${name}\``).join(', ')
    return `${names} is not a known key; remove it or check its spelling.`
  }
  const message = issue.message
    .replace(/^Invalid input: expected .*, received undefined$/, 'is missing')
    .replace(/^Invalid input: expected (\w+), received \w+$/, 'must be of type $1')
  return `${key ? `\`${key}\`` : 'The outermost value'} ${message}.`
}
