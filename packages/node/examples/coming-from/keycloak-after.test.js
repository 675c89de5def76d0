import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { TokenServer } from 'oauth-mimic'

const fixtures = new URL('keycloak/fixtures.json', import.meta.url).pathname
let server
before(async () => {
  server = await TokenServer.start({ args: ['--fixtures', fixtures] })
})
after(() => server.stop())

test('a token of alice has her roles', async () => {
  const provider = await server.sandbox()
  assert.equal(provider.issuer, `${provider.baseUrl}/realms/test`)
  const token = await provider.mint({ kind: 'access_token', client_id: 'shop' })
  assert.deepEqual(decodeJwt(token).realm_access.roles, ['admin', 'user'])
  await provider.close()
})

test('a service gets a token for itself', async () => {
  const provider = await server.sandbox()
  assert.equal(provider.tokenUrl, `${provider.issuer}/protocol/openid-connect/token`)
  const answer = await fetch(provider.tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('shop:s3cret')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' })
  })
  assert.equal(answer.status, 200)
  await provider.close()
})
