import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Plugin, rolldown } from 'rolldown'

/** Every program that a run starts with Node, by the name of its built file. */
const PROGRAMS = {
  run: 'campaign/run-process.ts',
  guard: 'data-centre/guard.ts',
  watchdog: 'data-centre/watchdog.ts',
  operation: 'operations/main.ts',
  server: 'worker/main.ts',
} as const

const SOURCES = fileURLToPath(new URL('..', import.meta.url))
const BUILT_NAMES = new Map(
  Object.entries(PROGRAMS).map(([name, file]) => [join(SOURCES, file), `${name}.js`]),
)

/**
 * Builds the programs of a run into one folder, each with all modules that it needs, and returns the file of the one
 * that runs a plan. A run starts about twenty processes: from the sources, each loads several hundred modules, which
 * takes a third of the CPU time of the whole run.
 */
export async function buildPrograms(folder: string): Promise<string> {
  const bundle = await rolldown({
    cwd: SOURCES,
    input: Object.fromEntries(Object.entries(PROGRAMS).map(([name, file]) => [name, join(SOURCES, file)])),
    platform: 'node',
    external: /^node:/,
    plugins: [filesStayInPlace],
  })
  await bundle.write({ dir: folder, format: 'esm', sourcemap: true })
  await bundle.close()
  return join(folder, 'run.js')
}

/** Modules find the files beside their sources as before, and the programs beside the bundle. */
const filesStayInPlace: Plugin = {
  name: 'files-stay-in-place',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null
    const source = JSON.stringify(pathToFileURL(id).href)
    const rewritten = code.replaceAll(/new URL\('([^']+)', import\.meta\.url\)/g, (_, file: string) => {
      const built = BUILT_NAMES.get(join(dirname(id), file))
      return built === undefined ? `new URL('${file}', ${source})` : `new URL('${built}', import.meta.url)`
    })
    return { code: rewritten, map: null }
  },
}
