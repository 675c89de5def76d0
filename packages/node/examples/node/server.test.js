import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TokenServer } from 'oauth-mimic'

let server
before(async () => {
  server = await TokenServer.start({ args: ['--profile', 'standard'] })
})
after(() => server.stop())

test('an access token expires', async () => {
  const provider = await server.sandbox({ clock: '2026-01-01T00:00:00Z' })
  const token = await provider.mint({ kind: 'access_token' })
  const status = async () =>
    (await fetch(provider.userinfoUrl, { headers: { authorization: `Bearer ${token}` } })).status
  assert.equal(await status(), 200)
  await provider.advance(3600)
  assert.equal(await status(), 401)
  await provider.close()
})
