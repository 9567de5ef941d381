import { installedEngine } from '@holdfast/local/preflight/programs'
import { revision, version } from '@holdfast/site/version'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'

export type VersionOptions = { json?: boolean }

/** Prints the versions of what runs here. A missing engine is not an error: an operator's laptop does not need one. */
export async function showVersions({ json }: VersionOptions): Promise<ExitCode> {
  const found = {
    version: version(),
    revision: revision(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    engine: await installedEngine(),
  }
  console.log(json ? JSON.stringify(found) : textOf(found))
  return EXIT.ok
}

function textOf(found: {
  version: string
  revision: string | null
  node: string
  platform: string
  engine: { name: string; version: string; program: string } | null
}): string {
  const { engine } = found
  return [
    `holdfast  ${found.version} (${found.revision === null ? 'from its sources' : `revision ${found.revision}`})`,
    `node      ${found.node} (${found.platform})`,
    `engine    ${engine === null ? 'none installed' : `${engine.name} ${engine.version} (${engine.program})`}`,
  ].join('\n')
}
