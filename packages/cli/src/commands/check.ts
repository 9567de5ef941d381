import { relative } from 'node:path'
import { type CheckedSite, checkSiteFile, sarifOf } from '@holdfast/cluster'
import { checkText, ruleText } from '../check/text.ts'
import { type CommandSpec, UsageError } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { version } from '../version.ts'
import { JSON_OPTION } from './locate.ts'

export const SITE_FILE = 'holdfast.yaml'

interface CheckOptions {
  explain?: string
  json?: boolean
  sarif?: boolean
  strict?: boolean
}

export const check: CommandSpec<CheckOptions> = {
  name: 'check',
  summary: 'check a description of data centres by every rule, and tell why',
  argument: { name: 'file', summary: 'the description', default: SITE_FILE },
  options: [
    { flags: '--explain <rule>', summary: 'tell what a rule asks for, why, and what to do; checks nothing' },
    { flags: '--strict', summary: 'fail for warnings, too' },
    JSON_OPTION,
    { flags: '--sarif', summary: 'print the result as SARIF 2.1.0, for code hosts and editors' },
  ],
  notes: ['Exit code 0 without errors (with --strict: and without warnings), 1 with some, 2 without a file.'],
  async handler(options, file) {
    if (options.json && options.sarif) throw new UsageError('Give one of --json and --sarif')
    const width = process.stdout.isTTY ? process.stdout.columns : null
    if (options.explain !== undefined) {
      console.log(ruleText(options.explain, width))
      return EXIT.ok
    }
    const checked = await checkSiteFile(file)
    if (options.sarif) console.log(JSON.stringify(sarifOf(fromHere(checked), version())))
    else console.log(options.json ? JSON.stringify(reportOf(checked)) : checkText(checked, width))
    return exitCodeOf(checked, options)
  },
}

function exitCodeOf({ findings }: CheckedSite, { strict }: CheckOptions): ExitCode {
  const fails = findings.some(({ severity }) => severity === 'error' || (strict && severity === 'warning'))
  return fails ? EXIT.failed : EXIT.ok
}

function reportOf({ file, findings }: CheckedSite) {
  return { file, ok: findings.every(({ severity }) => severity !== 'error'), findings }
}

/** SARIF names files relative to the folder of the whole. */
const fromHere = (checked: CheckedSite): CheckedSite => ({ ...checked, file: relative('', checked.file) })
