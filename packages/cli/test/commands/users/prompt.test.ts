import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Sandbox } from '../../holdfast.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.make()
})
afterAll(() => sandbox.remove())

const PASSWORD = 'correct horse battery staple'

describe('a command that asks for a password', () => {
  it('does not show what is typed, and understands the keys of a line editor', async () => {
    const file = join(sandbox.folder, 'users.json')
    // Ctrl-U deletes the line, Backspace a character.
    const keys = `wrong\u0015${PASSWORD}x\u007f\r`
    const { code, printed } = await sandbox.onTerminal(
      ['users', 'add', 'ada', '--users-file', file],
      'Password for ada: ',
      keys,
      ['Repeat it: ', `${PASSWORD}\r`],
    )
    expect([code, printed]).toEqual([0, expect.not.stringMatching(/horse|wrong/)])
    expect(await readFile(file, 'utf8')).toContain('argon2id')
  })

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('ends with 130 at %s, and changes nothing', async (_name, key) => {
    const file = join(sandbox.folder, 'none.json')
    const { code, printed } = await sandbox.onTerminal(
      ['users', 'add', 'ada', '--users-file', file],
      'Password for ada: ',
      key,
    )
    expect([code, printed]).toEqual([130, expect.stringContaining('Interrupted. Nothing was changed.')])
    expect(existsSync(file)).toBe(false)
  })

  it('ends with 130 at Ctrl-C in a question for yes or no', async () => {
    const folder = join(sandbox.folder, 'certificates')
    const create = ['ca', 'create', '--certificates', folder]
    expect((await sandbox.run(create)).code).toBe(0)
    const { code, printed } = await sandbox.onTerminal([...create, '--force'], '[y/N] ', '\u0003')
    expect([code, printed]).toEqual([130, expect.stringContaining('Interrupted. Nothing was changed.')])
  })
})
