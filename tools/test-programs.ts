import { globSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { programName } from '@holdfast/testing/program-file'
import { type Plugin, rolldown } from 'rolldown'
import { ROOT } from './build/packages.ts'

const PROGRAMS = '{packages/*/test,testing/src}/programs/*.ts'
const WORKER = 'packages/gateway/src/worker.ts'
const WORKER_NAME = 'gateway-worker'

/** Bundles the programs that tests run as processes of their own into the folder `out`, each with all that it imports. */
export async function buildTestPrograms(out: string): Promise<void> {
  const programs = globSync(PROGRAMS, { cwd: ROOT })
  const bundled = await rolldown({
    cwd: ROOT,
    input: {
      ...Object.fromEntries(programs.map((file) => [programName(file), file])),
      [WORKER_NAME]: WORKER,
    },
    platform: 'node',
    plugins: [keepPlaces],
    // It loads native code from its own folder.
    external: (id) => id.startsWith('node:') || id.startsWith('@node-rs/'),
  })
  await bundled.write({ dir: out, format: 'esm', chunkFileNames: '[name]-[hash].js' })
  await bundled.close()
}

/** A bundled module still finds the files that stand beside its source. The gateway's worker is in the bundle. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  transform(code, id) {
    if (!code.includes('import.meta.')) return null
    const kept = code
      .replaceAll("new URL('worker.ts', import.meta.url)", `new URL('./${WORKER_NAME}.js', IMPORT_META_URL)`)
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
      .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
      .replaceAll('IMPORT_META_URL', 'import.meta.url')
    return { code: kept, map: null }
  },
}
