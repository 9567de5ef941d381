import { run } from '../hosts/command.ts'

/** The revision of the sources in a folder, followed by `+` if they have uncommitted changes; `unknown` outside git. */
export async function revisionOf(folder: string): Promise<string> {
  try {
    const revision = await run('git', ['-C', folder, 'rev-parse', '--short', 'HEAD'])
    const changes = await run('git', ['-C', folder, 'status', '--porcelain'])
    return `${revision.trim()}${changes.trim() === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}
