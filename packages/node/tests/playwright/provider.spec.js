import { expect, test } from 'oauth-mimic/playwright'
import { refresh } from '../node/help.js'

for (const number of Array(6).keys()) {
  test(`provider ${number} has only its own requests`, async ({ provider, mimic }) => {
    await Promise.all(Array.from({ length: number }, () => refresh(provider)))
    await provider.verify({ endpoint: 'token' }, { exactly: number })
    const { sandboxes } = await (await fetch(`${mimic.url}/_mimic/sandboxes`)).json()
    expect(sandboxes.map(({ label }) => label)).toEqual([`provider ${number} has only its own requests`])
  })
}

test.describe('with a clock', () => {
  test.use({ providerOptions: { clock: '2026-01-01T00:00:00Z' } })
  test('options go to the provider', async ({ provider }) => {
    expect((await provider.now()).toISOString()).toBe('2026-01-01T00:00:00.000Z')
  })
})
