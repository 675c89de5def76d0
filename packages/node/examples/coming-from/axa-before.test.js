import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Events, OAuth2Server } from 'oauth2-mock-server'
import { refresh, userOf } from './app.js'

const server = new OAuth2Server()
before(async () => {
  await server.issuer.keys.generate('RS256')
  await server.start(0, 'localhost')
})
after(() => server.stop())

test('the API accepts a token of alice', async () => {
  const token = await server.issuer.buildToken({
    scopesOrTransform: (_, payload) => {
      payload.sub = 'alice'
    }
  })
  const issuer = server.issuer.url
  assert.equal(await userOf(token, { issuer, jwksUrl: `${issuer}/jwks` }), 'alice')
})

test('the API refuses an expired token', async () => {
  const token = await server.issuer.buildToken({ expiresIn: -60 })
  const issuer = server.issuer.url
  await assert.rejects(userOf(token, { issuer, jwksUrl: `${issuer}/jwks` }), { code: 'ERR_JWT_EXPIRED' })
})

test('after invalid_grant the user has to log in again', async () => {
  server.service.once(Events.BeforeResponse, (response) => {
    response.body = { error: 'invalid_grant' }
    response.statusCode = 400
  })
  assert.equal(await refresh(`${server.issuer.url}/token`, 'any text'), 'log in again')
})
