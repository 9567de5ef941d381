import { z } from 'zod'
import { parsePattern } from '../access/pattern.ts'
import {
  type AccessPolicy,
  type AccessRule,
  hidingRule,
  LOGIN,
  REFUSED,
  type Requirement,
} from '../access/rules.ts'
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
    /** The rule also covers ambiguous paths such as `/a%2Fb`, `//x` and `/a;b` below its path, for applications whose paths need them. */
    ambiguousPaths: z.literal(true, { error: 'must be true, or be left out' }).exactOptional(),
  })
  .refine((one) => [one.public, one.deny, one.groups].filter((part) => part !== undefined).length <= 1, {
    error: 'must have only one of `public`, `deny` and `groups`',
  })
  .refine(
    ({ path, ambiguousPaths }) =>
      ambiguousPaths === undefined ||
      (path.open && path.segments.length > 0 && !path.segments.includes(null)),
    {
      path: ['ambiguousPaths'],
      error: 'needs a `path` that begins with names and ends with "/**", such as "/repositories/**"',
    },
  )
  .transform(
    ({ path, methods, ambiguousPaths = false, ...rest }): AccessRule => ({
      path,
      methods: methods ? new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods) : null,
      requirement: requirementOfRule(rest),
      ambiguousPaths,
    }),
  )

function requirementOfRule(rule: { public?: true; deny?: true; groups?: string[] }): Requirement {
  if (rule.public) return { kind: 'public' }
  if (rule.deny) return REFUSED
  return rule.groups ? { kind: 'group', anyOf: rule.groups } : LOGIN
}

/** An ambiguous path could be read as a path of the earlier rule, so it cannot be certain which of the two applies. */
function refuseHiddenRules(rules: AccessRule[], context: z.RefinementCtx): void {
  for (const [place, rule] of rules.entries()) {
    const hiding = rule.ambiguousPaths ? hidingRule(rules.slice(0, place), rule) : -1
    if (hiding === -1) continue
    context.addIssue({
      code: 'custom',
      path: [place, 'ambiguousPaths'],
      message: `is not possible after rules[${hiding}], which may cover the same paths; give the applications different paths, or leave it out`,
    })
  }
}

/** The access rules that `/verify` applies. The first rule that matches decides. */
export const accessSchema = z
  .strictObject({
    rules: z
      .array(rule, { error: 'must be a list of rules' })
      .max(1000, { error: 'must have at most 1000 rules' })
      .superRefine(refuseHiddenRules),
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
