import 'reflect-metadata'
import type { Session, TokenStore } from '@holdfast/tokens'
import {
  CurrentSession,
  type NestRequest,
  type NestResponse,
  type Sessions,
  sessions,
} from '@holdfast/tokens/nestjs'
import { Controller, Get, HttpCode, Module, Post, Req, Res, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { onTestFinished } from 'vitest'

const ANN = { subject: 'ann', claims: { role: 'editor' } }

/** Node runs no decorators, so they are applied as functions. */
function createModule(auth: Sessions) {
  class AppController {
    show(session: Session | null) {
      return JSON.stringify(session)
    }
    private() {
      return '"for users"'
    }
    login(request: NestRequest, response: NestResponse) {
      return auth.login(request, response, ANN)
    }
    async logout(request: NestRequest, response: NestResponse) {
      return { ended: await auth.logout(request, response) }
    }
    async rotate(request: NestRequest, response: NestResponse) {
      return JSON.stringify(await auth.rotate(request, response))
    }
  }
  const decorate = (name: keyof AppController, decorators: MethodDecorator[]) => {
    const descriptor = Object.getOwnPropertyDescriptor(AppController.prototype, name)
    for (const decorator of decorators) decorator(AppController.prototype, name, descriptor ?? {})
  }
  decorate('show', [Get('/'), UseGuards(auth.optionalGuard)])
  CurrentSession()(AppController.prototype, 'show', 0)
  decorate('private', [Get('/private'), UseGuards(auth.guard)])
  for (const name of ['login', 'logout', 'rotate'] as const) {
    decorate(name, [Post(`/${name}`), HttpCode(200)])
    Req()(AppController.prototype, name, 0)
    Res({ passthrough: true })(AppController.prototype, name, 1)
  }
  Controller()(AppController)
  class AppModule {}
  Module({ controllers: [AppController] })(AppModule)
  return AppModule
}

/** Starts an application of NestJS and returns its address. */
export async function startNest(store: TokenStore): Promise<string> {
  const app = await NestFactory.create(createModule(sessions({ store })), { logger: false })
  onTestFinished(() => app.close())
  await app.listen(0, '127.0.0.1')
  return await app.getUrl()
}
