import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { type AnyCommand, type Handler, UsageError } from './command.ts'
import { COMMANDS, GROUPS } from './commands/commands.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { explain } from './explain.ts'
import { version } from './version.ts'

const DEBUG_OPTION = '--debug'

/** Runs `holdfast` with these arguments to its end and returns the exit code. INV-CLI-1. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const debug = args.includes(DEBUG_OPTION) || Boolean(process.env['HOLDFAST_DEBUG'])
  let exitCode: ExitCode = EXIT.ok
  const program = buildProgram((code) => {
    exitCode = code
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    const explained = explain(error, debug)
    if (explained.text !== '') process.stderr.write(`${explained.text}\n`)
    return explained.exitCode
  }
}

function buildProgram(setExitCode: (code: ExitCode) => void): Command {
  const program = new Command('holdfast')
    .description('A login that holds while servers come and go.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option(DEBUG_OPTION, 'print stack traces (also: HOLDFAST_DEBUG=1)')
    .exitOverride()
    // Errors are told in one place, explain.ts.
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      '\nExit codes: 0 done and well, 1 failed or not well, 2 wrong command line,\n' +
        '            3 no data centre runs, 130 broken off.\n' +
        'Start with:  holdfast up',
    )
  for (const spec of COMMANDS) addCommand(program, spec, setExitCode)
  return program
}

function addCommand(program: Command, spec: AnyCommand, setExitCode: (code: ExitCode) => void): void {
  const words = spec.name.split(' ')
  const own = words.pop() ?? spec.name
  const parent = words.reduce(groupOf, program)
  const command = parent.command(own).description(spec.summary).helpOption('-h, --help', 'print help')
  if (spec.argument) {
    const { name, summary, default: preset } = spec.argument
    const shown = spec.variadic ? `${name}...` : name
    if (preset === undefined) command.argument(`<${shown}>`, summary)
    else command.argument(`[${shown}]`, summary, preset)
  }
  for (const { flags, summary, parse, required, hidden } of spec.options) {
    const option = command.createOption(flags, summary)
    if (required) option.makeOptionMandatory()
    if (hidden) option.hideHelp()
    if (parse) option.argParser(asCommanderParser(parse))
    command.addOption(option)
  }
  command.option(DEBUG_OPTION, 'print stack traces')
  if (spec.notes) command.addHelpText('after', `\n${spec.notes.join('\n')}`)
  command.action(async (...received: unknown[]) => {
    const all = spec.argument ? [received[0] ?? ''].flat().map(String) : []
    // Commander checked the options against the list in the same object as `load`.
    const handler = (await spec.load()) as Handler<unknown>
    setExitCode(await handler(command.opts(), all[0] ?? '', all))
  })
}

/** The group command of a two-word command, made when its first command comes. */
function groupOf(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name)
  return (
    found ??
    parent
      .command(name)
      .description(GROUPS[name] ?? '')
      .helpOption('-h, --help', 'print help')
  )
}

function asCommanderParser(parse: (text: string) => unknown): (text: string) => unknown {
  return (text) => {
    try {
      return parse(text)
    } catch (error) {
      throw error instanceof UsageError ? new InvalidArgumentError(error.message) : error
    }
  }
}
