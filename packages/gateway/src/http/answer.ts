import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Page, pagePolicy } from '../pages/layout.ts'
import { problemPage } from '../pages/problem.ts'
import { SECURITY_HEADERS, SERVER_HEADER } from './headers.ts'
import { type Problem, problemBody } from './problems.ts'

/** True when a person looks at the answer: only browsers' navigations ask for HTML by name. */
export function wantsHtml(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') === true
}

/** Answers with a page. */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  return reply
    .header('content-security-policy', pagePolicy(page))
    .type('text/html; charset=utf-8')
    .send(page.text)
}

/** Answers with a problem: as a page (`page`, or a plain one) when a person looks at it, else as JSON. */
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
