import { z } from 'zod'
import { parsePattern } from '../access/pattern.ts'
import { type AccessPolicy, type AccessRule, LOGIN, REFUSED, type Requirement } from '../access/rules.ts'
import { text } from './fields.ts'

const pattern = text.transform((value, context) => {
  const parsed = parsePattern(value)
  if (parsed !== null) return parsed
  context.addIssue({
    code: 'custom',
    message:
      'must be a path such as "/admin", "/admin/**" (with all below) or "/users/*/avatar" (any one segment), ' +
      'without "..", "//", ";" and encoded separators',
  })
  return z.NEVER
})

const method = z.string({ error: 'must be text' }).regex(/^[A-Z]{1,32}$/, {
  error: 'must be a method in capitals, such as "GET"',
})

const rule = z
  .strictObject({
    path: pattern,
    /** `GET` also covers `HEAD`. Without `methods` the rule covers every method. */
    methods: z
      .array(method)
      .min(1, { error: 'must name at least one method, or be left out for all methods' })
      .exactOptional(),
    /** No login is needed, and the application receives no identity. */
    public: z.literal(true, { error: 'must be true, or be left out' }).exactOptional(),
    /** Refused for every client. */
    deny: z.literal(true, { error: 'must be true, or be left out' }).exactOptional(),
    /** The user must be in one of these groups. */
    groups: z.array(text).min(1, { error: 'must name at least one group, or be left out' }).exactOptional(),
  })
  .refine((one) => [one.public, one.deny, one.groups].filter((part) => part !== undefined).length <= 1, {
    error: 'must have only one of `public`, `deny` and `groups`',
  })
  .transform(
    ({ path, methods, ...rest }): AccessRule => ({
      path,
      methods: methods ? new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods) : null,
      requirement: requirementOfRule(rest),
    }),
  )

function requirementOfRule(rule: { public?: true; deny?: true; groups?: string[] }): Requirement {
  if (rule.public) return { kind: 'public' }
  if (rule.deny) return REFUSED
  return rule.groups ? { kind: 'group', anyOf: rule.groups } : LOGIN
}

/** The access rules that `/verify` applies. The first rule that matches decides. */
export const accessSchema = z
  .strictObject({
    rules: z
      .array(rule, { error: 'must be a list of rules' })
      .max(1000, { error: 'must have at most 1000 rules' }),
    /** Applies when no rule matches. `allow` means any logged-in user. Required: neither default is safe to guess. */
    default: z.enum(['allow', 'deny'], { error: 'must be "allow" (any logged-in user) or "deny"' }),
  })
  .transform(
    (section): AccessPolicy => ({
      rules: section.rules,
      otherwise: section.default === 'allow' ? LOGIN : REFUSED,
    }),
  )

/** How `/verify` talks to the proxy in front of the application. */
export const forwardAuthSchema = z.strictObject({
  /** Prefix of the headers that identify the user to the application: `<prefix>User`, `Name`, `Email`, `Groups`. */
  headerPrefix: z
    .string({ error: 'must be text' })
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,62}-$/, {
      error: 'must be letters, digits and "-", and end with "-", such as "Remote-"',
    })
    .default('X-Auth-Request-'),
  /** The path, on the application's own host, to which browsers are sent for a login. */
  loginPath: z
    .string({ error: 'must be text' })
    .regex(/^\/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)?$/, {
      error: 'must be a plain path, such as "/login"',
    })
    .default('/login'),
})

export type ForwardAuthConfig = z.output<typeof forwardAuthSchema>
