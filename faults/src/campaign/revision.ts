import { run } from '../hosts/command.ts'

/** The revision of the sources in a folder, with `+` behind it when they were changed since; `unknown` outside of git. */
export async function revisionOf(folder: string): Promise<string> {
  try {
    const revision = await run('git', ['-C', folder, 'rev-parse', '--short', 'HEAD'])
    const changes = await run('git', ['-C', folder, 'status', '--porcelain'])
    return `${revision.trim()}${changes.trim() === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}
