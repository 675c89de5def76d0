// It need not run: it is enough that it compiles, and that what is wrong does not. The declarations of the package are checked,
// too, without those of any test runner.
import { type Fault, MimicError, type Provider, TokenServer } from 'oauth-mimic'
import { test } from 'oauth-mimic/node-test'
import type { components, operations } from 'oauth-mimic/schema'

export async function verbs(): Promise<void> {
  const server: TokenServer = await TokenServer.start({ args: ['--seed', '1'] })
  const provider: Provider = await server.sandbox({
    label: 'a test',
    clock: '2026-01-01T00:00:00Z',
    seed: 1,
    leniency: ['client_unknown'],
    fixtures: { clients: [{ client_id: 'shop', scope: 'read' }], users: [{ sub: 'alice' }] }
  })
  await provider.failNext()
  await provider.failNext(2, { kind: 'status', status: 503, headers: { 'Retry-After': '1' } }, { when: { client_id: 'shop' } })
  const fault: Fault = { kind: 'token', token: 'access_token', defect: { kind: 'expired' } }
  const { id } = await provider.addFault({ on: 'token', fault })
  await provider.removeFault(id)
  const token: string = await provider.mint({ kind: 'access_token', defect: { kind: 'expired' } })
  const response = await provider.mint({ client_id: 'shop' })
  const accessToken: string = response.access_token
  await provider.nextLogin({ user: 'alice' })
  const { code } = await provider.authorize(provider.authorizationUrl)
  const [exchange] = await provider.requests({ endpoint: 'token', outcome: 'refused' })
  await provider.verify({ endpoint: 'token' }, { exactly: 1, in_order: [{ status: 503 }], no_advice: true })
  const now: number = (await provider.advance(60)).getTime()
  console.log(token, accessToken, code?.length, exchange?.refusal, now)
  try {
    await provider.waitFor({ endpoint: 'jwks' }, 2, 1)
  } catch (why) {
    if (why instanceof MimicError && why.code === 'wait_ended') console.log(why.detail)
  }

  // @ts-expect-error: there is no such kind of fault.
  await provider.failNext(1, { kind: 'explode' })
  // @ts-expect-error: there is no such endpoint.
  await provider.verify({ endpoint: 'nowhere' })
  // @ts-expect-error: one token is a text.
  await provider.mint({ kind: 'access_token' }).then((minted) => minted.access_token)
  // @ts-expect-error: a client has an id.
  await provider.putClient({ scope: 'read' })
  // @ts-expect-error: there is no such code.
  new MimicError(400, 'nonsense', '', undefined)
}

export async function disposed(): Promise<void> {
  await using server = await TokenServer.start()
  await using provider = await server.sandbox()
  await provider.reset()
}

test('a test', { providerOptions: { seed: 1 } }, async ({ provider, mimic, t }) => {
  t.diagnostic(`${provider.issuer} ${mimic.url}`)
})

export type Rule = components['schemas']['Rule']
export type Body = operations['addFault']['requestBody']['content']['application/json']
