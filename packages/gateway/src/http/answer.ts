import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Page, pagePolicy } from '../html/layout.ts'
import { SECURITY_HEADERS, SERVER_HEADER } from './headers.ts'
import { problemPage } from './problem-page.ts'
import { type Problem, problemBody } from './problems.ts'

/** True when a person sees the answer: only browsers ask for HTML by name, when they navigate. */
export function wantsHtml(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') === true
}

/** Sends a page. */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  return reply
    .header('content-security-policy', pagePolicy(page))
    .type('text/html; charset=utf-8')
    .send(page.text)
}

/** Sends a problem: as a page (`page`, or a plain one) for a person, and as JSON for a program. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
  page?: Page,
): FastifyReply {
  reply
    .code(problem.status)
    .headers(SECURITY_HEADERS)
    .headers(problem.headers ?? {})
  if (!wantsHtml(request)) return reply.type('application/json; charset=utf-8').send(problemBody(problem))
  const isSafeToRepeat = request.method === 'GET' || request.method === 'HEAD'
  return sendPage(reply, page ?? problemPage(String(reply.getHeader(SERVER_HEADER)), problem, isSafeToRepeat))
}
