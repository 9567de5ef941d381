import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CHECKS } from '@holdfast/operations/doctor/checks/index'
import { RULES } from '@holdfast/site/rules/rules'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** The numbers before this word in a document. */
async function numbersBefore(word: string, document: string): Promise<number[]> {
  const text = await readFile(join(ROOT, document), 'utf8')
  return [...text.matchAll(new RegExp(`\\b(\\d+) ${word}\\b`, 'g'))].map(([, number]) => Number(number))
}

it.each([
  ['README.md', 'rules', RULES.length],
  ['README.md', 'checks', CHECKS.length],
  ['CHANGELOG.md', 'checks', CHECKS.length],
])('%s counts the %s that exist', async (document, word, count) => {
  expect(await numbersBefore(word, document)).toEqual([count])
})
