import { parseSetCookie, type SetCookie } from 'cookie'

/** Sends a request to an application under test. */
export type Ask = (
  method: 'GET' | 'POST',
  path: string,
  headers?: Record<string, string>,
) => Promise<Response>

/** A browser with the cookie of one application. */
export class Browser {
  readonly ask: Ask
  /** The token in its cookie; null without one. */
  token: string | null

  constructor(ask: Ask, token: string | null = null) {
    this.ask = ask
    this.token = token
  }

  get(path = '/'): Promise<Response> {
    return this.#send('GET', path)
  }

  /** From a page of the application itself, unless the headers say otherwise. */
  post(
    path: string,
    headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
  ): Promise<Response> {
    return this.#send('POST', path, headers)
  }

  async #send(method: 'GET' | 'POST', path: string, headers: Record<string, string> = {}): Promise<Response> {
    const cookie = this.token === null ? {} : { cookie: `theme=dark; __Host-holdfast=${this.token}` }
    const response = await this.ask(method, path, { ...headers, ...cookie })
    for (const set of setCookies(response)) {
      const isGone = set.expires !== undefined && set.expires.getTime() < Date.now()
      this.token = isGone ? null : (set.value ?? null)
    }
    return response
  }
}

/** The cookies that a response sets or removes. */
export const setCookies = (response: Response): SetCookie[] =>
  response.headers.getSetCookie().map((text) => parseSetCookie(text))
