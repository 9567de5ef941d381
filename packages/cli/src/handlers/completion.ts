import { type AnyCommand, type Handler, oneOf, UsageError } from '../command.ts'
import { bashCompletion } from '../completion/bash.ts'
import { fishCompletion } from '../completion/fish.ts'
import { completionTree } from '../completion/tree.ts'
import { zshCompletion } from '../completion/zsh.ts'
import { EXIT } from '../exit-codes.ts'

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }
const shell = oneOf('bash', 'zsh', 'fish')

/** Prints the script of a shell that completes these commands. Throws `UsageError` for another shell. */
export const completionOf =
  (commands: readonly AnyCommand[], groups: Readonly<Record<string, string>>): Handler<unknown> =>
  async (_options, name) => {
    process.stdout.write(SCRIPTS[shellOf(name)](completionTree(commands, groups)))
    return EXIT.ok
  }

function shellOf(name: string): keyof typeof SCRIPTS {
  try {
    return shell(name)
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`The shell ${error.message}`) : error
  }
}
