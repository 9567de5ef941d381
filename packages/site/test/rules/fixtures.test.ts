import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkSiteText } from '../../src/check/check-site.ts'
import { RULES } from '../../src/rules/rules.ts'

const FOLDER = join(import.meta.dirname, 'fixtures')
const NAMES = readdirSync(FOLDER).sort()
/** Rules whose fixtures are folders of secrets, in secrets.test.ts. */
const ABOUT_SECRETS = ['secrets-open', 'secrets-unusable', 'weak-secret', 'short-secret', 'reused-secret']

const textOf = (name: string) => readFileSync(join(FOLDER, name), 'utf8')

/** `12 three-redis` for each `# <- three-redis` at the end of line 12. */
function expectedOf(text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const marks = /# <- (.*)$/.exec(line)?.[1]?.split(', ') ?? []
    return marks.map((rule) => `${index + 1} ${rule}`)
  })
}

async function foundIn(text: string): Promise<string[]> {
  const { findings } = await checkSiteText(text, join(FOLDER, 'holdfast.yaml'))
  return findings.map(({ line, rule }) => `${line} ${rule}`)
}

describe('Broken files', () => {
  it.each(NAMES.filter((name) => !name.startsWith('good-')))(
    '%s breaks exactly the rules that it names, at those lines',
    async (name) => {
      const text = textOf(name)
      expect(expectedOf(text)).not.toEqual([])
      expect((await foundIn(text)).sort()).toEqual(expectedOf(text).sort())
    },
  )
})

describe('Good files', () => {
  it.each(NAMES.filter((name) => name.startsWith('good-')))('%s has no findings', async (name) => {
    expect(await foundIn(textOf(name))).toEqual([])
  })
})

// INV-SITE-3.
it('every rule has a fixture that breaks it', () => {
  const broken = new Set(NAMES.flatMap((name) => expectedOf(textOf(name))).map((mark) => mark.split(' ')[1]))
  const untried = RULES.map(({ id }) => id).filter((id) => !broken.has(id))
  expect(untried).toEqual(ABOUT_SECRETS)
})

it('every rule has a unique id, a summary, a reason, a fix and a source', () => {
  for (const { id, summary, why, fix, source } of RULES) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/)
    for (const text of [summary, why, fix]) expect(text).toMatch(/^[A-Z`0].*[.\w)]$/s)
    expect(source.title).not.toBe('')
  }
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length)
})
