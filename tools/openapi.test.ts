import { readFile } from 'node:fs/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { describeGateway, PAGES } from './openapi.ts'

const texts = await describeGateway()

test.each(['gateway', 'admin'] as const)(
  'the description of the %s is up to date (`npm run docs`)',
  async (which) => {
    expect(JSON.parse(await readFile(PAGES[which], 'utf8'))).toEqual(JSON.parse(texts[which]))
  },
)

test.each(['gateway', 'admin'] as const)('the description of the %s is valid OpenAPI 3.1', async (which) => {
  const validator = new Validator()
  expect(await validator.validate(JSON.parse(texts[which]))).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})
