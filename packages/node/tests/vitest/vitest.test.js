import { test } from 'oauth-mimic/vitest'
import { describe, inject } from 'vitest'
import { refresh } from '../node/help.js'

/** The labels of the sandboxes of a server. */
const labels = async (mimic) =>
  (await (await fetch(`${mimic.url}/_mimic/sandboxes`)).json()).sandboxes.map(({ label }) => label)

describe('a block', () => {
  for (const number of Array(10).keys()) {
    test(`provider ${number} has only its own requests`, async ({ provider, mimic, expect }) => {
      await Promise.all(Array.from({ length: number }, () => refresh(provider)))
      await provider.verify({ endpoint: 'token' }, { exactly: number })
      expect(await labels(mimic)).toContain(`a block > provider ${number} has only its own requests`)
    })
  }
})

test('the server is the one of the global set-up, if there is one', ({ mimic, expect }) => {
  const url = inject('oauthMimicUrl')
  expect(url === undefined).toBe(process.env.VITEST_GLOBAL === undefined)
  if (url !== undefined) expect(mimic.url).toBe(url)
})

test('a refusal fails the test with the text of the server', async ({ provider, expect }) => {
  await expect(provider.verify({ endpoint: 'jwks' }, { exactly: 1 })).rejects.toThrow('expected exactly 1 requests')
})

describe('a block with a clock', () => {
  test.scoped({ providerOptions: { clock: '2026-01-01T00:00:00Z' } })
  test('options go to the provider', async ({ provider, expect }) => {
    expect((await provider.now()).toISOString()).toBe('2026-01-01T00:00:00.000Z')
  })
})
