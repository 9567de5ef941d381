import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Plugin } from 'rolldown'

/** A file beside a module, read as text at the start: a script of Redis, a style sheet, the manifest. */
const TEXT = /readFileSync\(new URL\('([^']+)', import\.meta\.url\), 'utf8'\)/g
/** Comments, empty lines and indentation of a script are for its readers. */
const LUA_FOR_READERS = /^ *(?:--.*)?\n|^ +/gm
/** A module that runs as a process of its own. */
const PROCESS = /new URL\('([^']+)\.ts', import\.meta\.url\)/g
const LEFT = /new URL\([^)]*import\.meta\.url\)/

/**
 * Makes a bundle independent of the folders of the repository: it contains the text files that its modules read, and it
 * starts its own processes by their names in the bundle, where all entries stand in one folder. `processes` names the
 * entry of each such module. A module that reads the manifest of its package gets the one that is published.
 */
export function inlineFiles(
  processes: Readonly<Record<string, string>> = {},
  manifest: object | null = null,
): Plugin {
  const textOf = (file: string) =>
    manifest !== null && basename(file) === 'package.json' ? JSON.stringify(manifest) : textOfFile(file)
  return {
    name: 'inline-files',
    transform(code, id) {
      if (!code.includes('import.meta.url')) return null
      const inlined = code
        .replaceAll(TEXT, (_, file: string) => JSON.stringify(textOf(join(dirname(id), file))))
        .replaceAll(PROCESS, (_, file: string) => {
          const entry = processes[basename(file)]
          if (entry === undefined)
            throw new Error(`${id} starts ${file}, which is not an entry of the bundle.`)
          return `new URL('./${entry}.js', import.meta.url)`
        })
      const left = LEFT.exec(inlined.replaceAll(/new URL\('\.\/[a-z-]+\.js', import\.meta\.url\)/g, ''))
      if (left !== null)
        throw new Error(`${id} reads a file in a way that the build does not know: ${left[0]}`)
      // Every replacement stays on its line, so the map of the source is still right.
      return { code: inlined, map: null }
    },
  }
}

function textOfFile(file: string): string {
  const text = readFileSync(file, 'utf8')
  return file.endsWith('.lua') ? text.replaceAll(LUA_FOR_READERS, '') : text
}
