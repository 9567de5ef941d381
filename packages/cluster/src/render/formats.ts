import type { Block, Directive } from './directive.ts'

/** A way of writing blocks as the text of a file. */
export type Format = (heading: string, blocks: readonly Block[]) => string

/** `name value` under comments: redis.conf, sentinel.conf. */
export const words: Format = (heading, blocks) =>
  file(heading, blocks, ({ title, directives }) => [`# ${title}`, ...directives.map(spaced)])

/** `name value` and nothing else: Redis reads no comments in a file of users. */
export const bare: Format = (_heading, blocks) =>
  `${blocks.flatMap(({ directives }) => directives.map(spaced)).join('\n')}\n`

/** The values and nothing else: a certificate. */
export const verbatim: Format = (_heading, blocks) =>
  blocks.flatMap(({ directives }) => directives.map(({ value }) => value)).join('')

/** `Name=value` under `[Section]`: systemd's files. */
export const unit: Format = (heading, blocks) =>
  file(heading, blocks, ({ title, directives }) => [
    `[${title}]`,
    ...directives.map(({ directive, value }) => `${directive}=${value}`),
  ])

/** `name = value` under `[section]`; what stands in the block without a title is global: stunnel, WireGuard. */
export const ini: Format = (heading, blocks) =>
  file(heading, blocks, ({ title, directives }) => [
    ...(title === '' ? [] : [`[${title}]`]),
    ...directives.map(({ directive, value }) => `${directive} = ${value}`),
  ])

/** Indented lines under a section's name: HAProxy. */
export const indented: Format = (heading, blocks) =>
  file(heading, blocks, ({ title, directives }) => [
    title,
    ...directives.map((directive) => `  ${spaced(directive)}`),
  ])

/** XML: a block is an element with others inside, a directive one without; their attributes are written already. */
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

/** Nested blocks in braces: nginx (with `;` behind each directive). */
export const braces =
  (end: string): Format =>
  (heading, blocks) =>
    file(heading, blocks, (block) => inBraces(block, end))

/** `name=value`: properties and environment files. */
export const assignments: Format = (heading, blocks) =>
  file(heading, blocks, ({ directives }) => directives.map(({ directive, value }) => `${directive}=${value}`))

/**
 * JSON: an object a block, under its title; what stands in the block without a title is at the top. Each value is JSON
 * already. There are no comments in JSON, so no heading.
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
