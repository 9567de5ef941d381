import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
/** The chapters of which level 2 has rows, too: those about what Holdfast does. */
const CHAPTERS_OF_LEVEL_2 = [3, 6, 7, 10, 12, 13, 14, 16]
const ANSWERS = ['met', 'n/a', 'operator', 'in part', 'not met']

/** The level of each requirement of a section, one digit per requirement. */
const levels: Record<string, string> = JSON.parse(
  await readFile(join(ROOT, 'tools/asvs/requirements.json'), 'utf8'),
).levels

const page = await readFile(join(ROOT, 'docs/asvs.md'), 'utf8')
const rows = [...page.matchAll(/^\| (\d+\.\d+\.\d+) \| (\d) \| (.*) \| (.*) \| (.*) \|$/gm)].map(
  ([, id = '', level = '', , answer = '', shownBy = '']) => ({
    id,
    level,
    chapter: Number(id.split('.')[0]),
    answer: /^(met|n\/a|operator|in part|not met)\b/.exec(answer)?.[1] ?? answer,
    shownBy,
  }),
)

test('the page about the ASVS has one row for each requirement of level 1, and of level 2 in the named chapters', () => {
  const wanted = Object.entries(levels).flatMap(([section, digits]) =>
    Array.from(digits, (level, index) => ({ id: `${section}.${index + 1}`, level })).filter(
      ({ level }) =>
        level === '1' || (level === '2' && CHAPTERS_OF_LEVEL_2.includes(Number.parseInt(section, 10))),
    ),
  )
  expect(wanted).toHaveLength(180)
  expect(rows.map(({ id, level }) => ({ id, level }))).toEqual(wanted)
})

test('each answer about the ASVS is one of those that the page explains, and level 1 is met', () => {
  expect(rows.filter(({ answer }) => !ANSWERS.includes(answer))).toEqual([])
  const open = rows.filter(
    ({ level, answer }) => level === '1' && !['met', 'n/a', 'operator'].includes(answer),
  )
  expect(open).toEqual([])
})

test('each answer about the ASVS names a file or a document, and each named file exists', () => {
  const missing = rows.flatMap(({ id, shownBy }) => {
    const files = [...shownBy.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file)
    if (files.length === 0 && !shownBy.includes('](')) return [`${id}: nothing`]
    return files
      .filter((file) => !existsSync(join(ROOT, 'packages', file)) && !existsSync(join(ROOT, file)))
      .map((file) => `${id}: ${file}`)
  })
  expect(missing).toEqual([])
})

test('the summary in SECURITY.md counts the answers of each chapter', async () => {
  const summary = (await readFile(join(ROOT, 'SECURITY.md'), 'utf8')).matchAll(
    /^\| V(\d+) [^|]*\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|/gm,
  )
  const counted = [...new Set(rows.map(({ chapter }) => chapter))].map((chapter) => [
    chapter,
    ...ANSWERS.map((answer) => rows.filter((row) => row.chapter === chapter && row.answer === answer).length),
  ])
  expect([...summary].map((cells) => cells.slice(1).map(Number))).toEqual(counted)
})
