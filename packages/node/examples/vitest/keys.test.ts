import { test } from 'oauth-mimic/vitest'
import { expect } from 'vitest'

test('a token of the old key is valid until that retires', async ({ provider }) => {
  const token = await provider.mint({ kind: 'access_token' })
  const status = async () =>
    (await fetch(provider.userinfoUrl, { headers: { authorization: `Bearer ${token}` } })).status

  await provider.rotateKeys({ retire_after: 60 })
  expect(await status()).toBe(200)
  await provider.advance(61)
  expect(await status()).toBe(401)
})
