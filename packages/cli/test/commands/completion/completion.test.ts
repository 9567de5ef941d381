import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS, GROUPS } from '../../../src/commands/commands.ts'
import { fishCompletion } from '../../../src/commands/completion/fish.ts'
import { completionTree } from '../../../src/commands/completion/tree.ts'
import { zshCompletion } from '../../../src/commands/completion/zsh.ts'
import { Sandbox } from '../../holdfast.ts'

let sandbox: Sandbox
let script: string

beforeAll(async () => {
  sandbox = await Sandbox.make()
  script = join(sandbox.folder, 'holdfast.bash')
  await writeFile(script, (await sandbox.run(['completion', 'bash'])).stdout)
  await writeFile(join(sandbox.folder, 'my-site.yaml'), '')
})

afterAll(() => sandbox.remove())

/** Types lines with TABs into an interactive bash and returns the arguments of each call of `holdfast`. */
async function type(lines: readonly string[]): Promise<string[]> {
  // `script` (util-linux) gives it the terminal, without which readline completes nothing.
  const terminal = 'script'
  const shell = spawn(terminal, ['-qec', 'bash --norc --noprofile -i', '/dev/null'], {
    cwd: sandbox.folder,
    env: { PATH: process.env['PATH'], TERM: 'dumb', HISTFILE: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let printed = ''
  shell.stdout.on('data', (chunk) => {
    printed += String(chunk)
  })
  const definition = 'holdfast() { printf "called <%s>\\n" "$*"; }'
  shell.stdin.write(`${[`source ${script}`, definition, ...lines, 'exit'].join('\n')}\n`)
  await once(shell, 'close')
  return [...printed.matchAll(/^called <(.*)>\r?$/gm)].map(([, words = '']) => words)
}

it('bash completes commands, groups, options, choices and files where each is possible', async () => {
  expect(
    await type([
      'holdfast swi\t --t\tx',
      'holdfast sess\t l\t --lim\t5',
      'holdfast drill --kill gat\t --json',
      'holdfast up --transp\t stu\t',
      'holdfast check my\t',
      'holdfast status --file my-\t --wat\t',
      'holdfast drill --up\t',
      'holdfast compl\t zs\t',
      'holdfast sessions swi\t',
    ]),
  ).toEqual([
    'switchover --to x',
    'sessions list --limit 5',
    'drill --kill gateway --json',
    'up --transport stunnel',
    'check my-site.yaml',
    'status --file my-site.yaml --watch',
    'drill --upgrade',
    'completion zsh',
    'sessions swi',
  ])
})

describe('every script', () => {
  const nodes = completionTree(COMMANDS, GROUPS)

  it.each([
    ['zsh', zshCompletion(nodes)],
    ['fish', fishCompletion(nodes)],
  ])('for %s names every command and every option that help shows', (_, text) => {
    for (const { name, options } of COMMANDS) {
      for (const word of name.split(' ')) expect(text).toContain(word)
      for (const { flags, hidden } of options) {
        const flag = flags.match(/--([\w-]+)/)?.[1] ?? ''
        // The text may still contain a hidden flag as part of another one.
        if (!hidden) expect(text, `${name} --${flag}`).toContain(flag)
      }
    }
  })
})
