import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { PROXY_COMMANDS_PAGE, proxyCommandsPage } from './proxy-commands-page.ts'

it('docs/proxy-commands.md matches the handling of the commands; if not, run `npm run docs`', async () => {
  expect(await readFile(PROXY_COMMANDS_PAGE, 'utf8')).toBe(proxyCommandsPage())
})
