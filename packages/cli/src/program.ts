import { differenceToRenderer, version } from '@holdfast/site/version'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { type AnyCommand, type Handler, UsageError } from './command-line/command-spec.ts'
import { explainError } from './command-line/errors.ts'
import { EXIT, type ExitCode } from './command-line/exit-codes.ts'
import { commandHelp, groupHelp, rootHelp } from './command-line/help.ts'
import { COMMANDS, GROUPS, SECTIONS } from './commands/commands.ts'

const DEBUG_OPTION = '--debug'

/** Runs `holdfast` with these arguments to its end and returns the exit code. INV-CLI-1. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const debug = args.includes(DEBUG_OPTION) || Boolean(process.env['HOLDFAST_DEBUG'])
  const difference = differenceToRenderer(process.env)
  if (difference !== null) process.stderr.write(`Warning: ${difference}\n`)
  let exitCode: ExitCode = EXIT.ok
  const program = buildProgram((code) => {
    exitCode = code
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    const explained = explainError(error, debug)
    if (explained.text !== '') process.stderr.write(`${explained.text}\n`)
    return explained.exitCode
  }
}

function buildProgram(setExitCode: (code: ExitCode) => void): Command {
  const program = new Command('holdfast')
    .version(version(), '--version')
    .option(DEBUG_OPTION)
    .exitOverride()
    // errors.ts prints every error.
    .configureOutput({ outputError: () => {} })
    .configureHelp({ formatHelp: () => rootHelp(SECTIONS, GROUPS) })
  for (const spec of COMMANDS) addCommand(program, spec, setExitCode)
  return program
}

function addCommand(program: Command, spec: AnyCommand, setExitCode: (code: ExitCode) => void): void {
  const words = spec.name.split(' ')
  const own = words.pop() ?? spec.name
  const parent = words.reduce(groupCommand, program)
  const command = parent.command(own).configureHelp({ formatHelp: () => commandHelp(spec) })
  if (spec.argument) {
    const { name, summary, default: preset } = spec.argument
    const shown = spec.variadic ? `${name}...` : name
    if (preset === undefined) command.argument(`<${shown}>`, summary)
    else command.argument(`[${shown}]`, summary, preset)
  }
  for (const { flags, summary, parse, required } of spec.options) {
    const option = command.createOption(flags, summary)
    if (required) option.makeOptionMandatory()
    if (parse) option.argParser(asCommanderParser(parse))
    command.addOption(option)
  }
  command.option(DEBUG_OPTION)
  command.action(async (...received: unknown[]) => {
    const all = spec.argument ? [received[0] ?? ''].flat().map(String) : []
    // Commander checked the options against the list in the same spec as `load`.
    const handler = (await spec.load()) as Handler<unknown>
    setExitCode(await handler(command.opts(), all[0] ?? '', all))
  })
}

/** The command of a group such as `users`; the first command of the group creates it. */
function groupCommand(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name)
  if (found !== undefined) return found
  const commands = COMMANDS.filter((one) => one.name.startsWith(`${name} `))
  return parent
    .command(name)
    .configureHelp({ formatHelp: () => groupHelp(name, GROUPS[name] ?? '', commands) })
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
