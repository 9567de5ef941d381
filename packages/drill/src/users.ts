import { tokenId } from '@holdfast/tokens'
import type { Answer, HttpClient } from './http.ts'

/** The meaning of an answer to a request of a user. */
type Outcome<T> =
  | { status: 'ok'; value: T; server: string | null }
  /** Rejected: 401. */
  | { status: 'refused'; server: string | null; what: string }
  /** No answer, or one that tells nothing about the user: a failed request. */
  | { status: 'failed'; server: string | null; what: string; code: string | null }

/** The gateway's interface, as the drill uses it. `base` is the balancer or one gateway. */
export interface UserClient {
  logIn(base: string, name: string, password: string, timeoutMs: number): Promise<Outcome<NewSession>>
  /** Ok with the name of the user of the token. */
  whoAmI(base: string, token: string, timeoutMs: number): Promise<Outcome<string>>
  logOut(base: string, token: string, timeoutMs: number): Promise<Outcome<null>>
}

interface NewSession {
  token: string
  /** Public id. */
  id: string
}

export function createUserClient(http: HttpClient): UserClient {
  return {
    async logIn(base, name, password, timeoutMs) {
      const answer = await http.call({
        method: 'POST',
        url: new URL('/login', base).href,
        json: { username: name, password, response_type: 'token' },
        timeoutMs,
      })
      return outcome(answer, (body) => {
        const token = field(body, 'token')
        const id = token === null ? null : tokenId(token)
        return token === null || id === null ? undefined : { token, id }
      })
    },
    async whoAmI(base, token, timeoutMs) {
      const url = new URL('/session', base).href
      const answer = await http.call({ method: 'GET', url, token, timeoutMs })
      return outcome(answer, (body) => field(body, 'subject') ?? undefined)
    },
    async logOut(base, token, timeoutMs) {
      const url = new URL('/logout', base).href
      const answer = await http.call({ method: 'POST', url, token, timeoutMs })
      return outcome(answer, () => null)
    },
  }
}

/** `read` returns undefined when the body is not what a good answer holds. */
function outcome<T>(answer: Answer, read: (body: unknown) => T | undefined): Outcome<T> {
  if (answer.status === null) return { status: 'failed', server: null, what: answer.problem, code: null }
  const { status, server, body } = answer
  const who = server === null ? '' : ` by ${server}`
  if (status >= 200 && status < 300) {
    const value = read(body)
    if (value !== undefined) return { status: 'ok', value, server }
    return { status: 'failed', server, what: `${status} with an unexpected body${who}`, code: null }
  }
  const code = field((body as { error?: unknown } | null)?.error, 'code')
  const what = `${status}${code === null ? '' : ` ${code}`}${who}`
  return status === 401 ? { status: 'refused', server, what } : { status: 'failed', server, what, code }
}

function field(body: unknown, name: string): string | null {
  if (typeof body !== 'object' || body === null) return null
  const value: unknown = (body as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : null
}
