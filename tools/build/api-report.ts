/**
 * Writes the API reports of the library, one for each public entry: every exported name with its declaration. They are
 * checked in (docs/api), so that a change of the public surface shows in review. `npm run docs` writes them again.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { type BuiltLibrary, build } from './build.ts'
import { ROOT } from './packages.ts'

export const API_FOLDER = join(ROOT, 'docs', 'api')

const SILENT = { default: { logLevel: ExtractorLogLevel.None } }

/** Writes a report of each entry of the built library into a folder. */
export async function writeApiReports(library: BuiltLibrary, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-api-'))
  try {
    for (const [entry, declarations] of Object.entries(library.declarations)) {
      const config = ExtractorConfig.prepare({
        configObject: {
          projectFolder: library.folder,
          mainEntryPointFilePath: declarations,
          compiler: { overrideTsconfig: COMPILER, skipLibCheck: true },
          apiReport: {
            enabled: true,
            reportFileName: `${entry}.api.md`,
            reportFolder: folder,
            reportTempFolder: scratch,
          },
          docModel: { enabled: false },
          dtsRollup: { enabled: false },
          tsdocMetadata: { enabled: false },
          newlineKind: 'lf',
          messages: {
            compilerMessageReporting: SILENT,
            extractorMessageReporting: SILENT,
            tsdocMessageReporting: SILENT,
          },
        },
        configObjectFullPath: undefined,
        packageJsonFullPath: join(library.folder, 'package.json'),
      })
      const { succeeded } = Extractor.invoke(config, { localBuild: true, messageCallback: stayQuiet })
      if (!succeeded) throw new Error(`API Extractor could not report ${entry}.`)
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const COMPILER = {
  compilerOptions: { module: 'nodenext', target: 'es2023', strict: true, types: ['node'], lib: ['es2023'] },
}

/** The reports themselves are the result. */
function stayQuiet(message: { handled: boolean }): void {
  message.handled = true
}

if (import.meta.main) await writeApiReports((await build()).library, API_FOLDER)
