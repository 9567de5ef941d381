import { type AnyCommand, type Handler, oneOf, UsageError } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { bashCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { completionTree } from './tree.ts'
import { zshCompletion } from './zsh.ts'

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }
const shell = oneOf('bash', 'zsh', 'fish')

/** Prints the script that makes a shell complete these commands. Throws `UsageError` for another shell. */
export const completionOf =
  (commands: readonly AnyCommand[], groups: Readonly<Record<string, string>>): Handler<unknown> =>
  async (_options, name) => {
    process.stdout.write(SCRIPTS[parseShell(name)](completionTree(commands, groups)))
    return EXIT.ok
  }

function parseShell(name: string): keyof typeof SCRIPTS {
  try {
    return shell(name)
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`The shell ${error.message}`) : error
  }
}
