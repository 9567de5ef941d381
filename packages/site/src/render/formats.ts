import type { Block, Directive, Format } from './document.ts'

/** `name value` under comments: redis.conf, sentinel.conf. */
export const words: Format = (heading, blocks) =>
  file(heading, blocks, ({ title, directives }) => [`# ${title}`, ...directives.map(spaced)])

/** `name value` without comments, which Redis does not accept in an ACL file. */
export const bare: Format = (_heading, blocks) =>
  `${blocks.flatMap(({ directives }) => directives.map(spaced)).join('\n')}\n`

/** Only the values: a certificate. */
export const verbatim: Format = (_heading, blocks) =>
  blocks.flatMap(({ directives }) => directives.map(({ value }) => value)).join('')

/** `Name=value` under `[Section]`: files of systemd. */
export const unit: Format = (heading, blocks) =>
  file(heading, blocks, ({ title, directives }) => [
    `[${title}]`,
    ...directives.map(({ directive, value }) => `${directive}=${value}`),
  ])

/** `name = value` under `[section]`. A block without a title is global: stunnel, WireGuard. */
export const ini: Format = (heading, blocks) =>
  file(heading, blocks, ({ title, directives }) => [
    ...(title === '' ? [] : [`[${title}]`]),
    ...directives.map(({ directive, value }) => `${directive} = ${value}`),
  ])

/** Indented lines under the name of a section: HAProxy. */
export const indented: Format = (heading, blocks) =>
  file(heading, blocks, ({ title, directives }) => [
    title,
    ...directives.map((directive) => `  ${spaced(directive)}`),
  ])

/**
 * XML: a block is an element with children, a directive is one without. Titles and values already contain the
 * attributes.
 */
export const xml: Format = (heading, blocks) => {
  const inside = ({ title, directives, blocks: inner = [] }: Block, indent: string): string[] => [
    `${indent}<${title}>`,
    ...directives.map((directive) => `${indent}  <${spaced(directive)}/>`),
    ...inner.flatMap((block) => inside(block, `${indent}  `)),
    `${indent}</${title.split(' ', 1)[0]}>`,
  ]
  const lines = blocks.flatMap((block) => inside(block, ''))
  return `<?xml version="1.0" encoding="utf-8"?>\n<!-- ${heading} -->\n${lines.join('\n')}\n`
}

/** Nested blocks in braces: nginx (with `;` after each directive), nftables. */
export const braces =
  (end: string): Format =>
  (heading, blocks) =>
    file(heading, blocks, (block) => inBraces(block, end))

/** `name=value`: properties and environment files. */
export const assignments: Format = (heading, blocks) =>
  file(heading, blocks, ({ directives }) => directives.map(({ directive, value }) => `${directive}=${value}`))

/**
 * JSON: one object per block, under its title. The entries of a block without a title are at the top level. Each
 * value is already JSON. JSON has no comments, so the heading is dropped.
 */
export const json: Format = (_heading, blocks) => {
  const whole: Record<string, unknown> = {}
  for (const { title, directives } of blocks) {
    const members = Object.fromEntries(
      directives.map(({ directive, value }) => [directive, JSON.parse(value) as unknown]),
    )
    if (title === '') Object.assign(whole, members)
    else whole[title] = members
  }
  return `${JSON.stringify(whole, null, 2)}\n`
}

function file(heading: string, blocks: readonly Block[], linesOf: (block: Block) => string[]): string {
  const parts = blocks
    .filter(({ directives, blocks: inner }) => directives.length > 0 || inner !== undefined)
    .map((block) => linesOf(block).join('\n'))
  return `${[comment(heading), ...parts].join('\n\n')}\n`
}

function inBraces({ title, directives, blocks = [] }: Block, end: string, indent = ''): string[] {
  const deeper = `${indent}  `
  const inner = [
    ...directives.map((directive) => `${deeper}${spaced(directive)}${end}`),
    ...blocks.flatMap((block) => inBraces(block, end, deeper)),
  ]
  return title === '' ? inner.map((text) => text.slice(2)) : [`${indent}${title} {`, ...inner, `${indent}}`]
}

const spaced = ({ directive, value }: Directive): string =>
  value === '' ? directive : `${directive} ${value}`

const comment = (text: string): string =>
  text
    .split('\n')
    .map((part) => `# ${part}`)
    .join('\n')

/** Quotes a value for the configuration files of Redis, Sentinel and HAProxy, and for a list in a systemd unit. */
export function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`
}

/** Quotes a value of redis.conf if it needs quotes. */
export const wordOf = (value: string): string => (PLAIN_WORD.test(value) ? value : quoted(value))

/**
 * Quotes a value for a file that a shell, systemd (`EnvironmentFile`) and Node (`--env-file`) read. All three take
 * text in single quotes literally. The value must not contain a single quote, or a backslash, which older versions of
 * systemd drop.
 */
export const environmentValue = (value: string): string => (PLAIN_WORD.test(value) ? value : `'${value}'`)

/** Quotes a value for a file that a shell and systemd read. The value must not contain a line break. */
export const shellValue = (value: string): string =>
  /['\\]/.test(value) ? `"${value.replaceAll(/["\\$`]/g, '\\$&')}"` : `'${value}'`

/** Characters that every reader of a configuration file takes literally. */
const PLAIN_WORD = /^[\w@%+=:,./-]+$/
