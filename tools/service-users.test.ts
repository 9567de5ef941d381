import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './build/packages.ts'
import { SERVICE_USERS } from './hosts/service-users.ts'

test('the packages for hosts make every user that a rendered host needs, and no other', () => {
  const files = globSync('packages/site/test/render/golden/**/sysusers.conf', { cwd: ROOT })
  const texts = files.map((file) => readFileSync(join(ROOT, file), 'utf8'))
  const rendered = texts.flatMap((text) => [...text.matchAll(/^u (\S+)/gm)].map(([, name]) => name))
  expect(new Set(rendered)).toEqual(new Set(SERVICE_USERS))
})
