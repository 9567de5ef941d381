import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { RULES_PAGE, rulesPage } from './rules-page.ts'

it('docs/rules.md matches the rules; if not, run `npm run docs`', async () => {
  expect(await readFile(RULES_PAGE, 'utf8')).toBe(rulesPage())
})
