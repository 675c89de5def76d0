import type { Provider } from 'oauth-mimic'
import { expect as expectPage, test as page } from 'oauth-mimic/playwright'
import { test as unit } from 'oauth-mimic/vitest'
import setup from 'oauth-mimic/vitest/global-setup'
import { inject } from 'vitest'

unit('a test', async ({ provider, mimic, expect }) => {
  const typed: Provider = provider
  expect(typed.issuer).toContain(mimic.url)
  const url: string | undefined = inject('oauthMimicUrl')
  console.log(url, setup.length)
  // @ts-expect-error: there is no such verb.
  provider.explode()
})

page.use({ providerOptions: { seed: 1 } })
page('a test', async ({ page, provider }) => {
  await page.goto(provider.authorizationUrl)
  await expectPage(page.getByRole('heading')).toBeVisible()
  // @ts-expect-error: there is no such verb.
  provider.explode()
})
