import { expect, test as base } from 'oauth-mimic/playwright'
import { startApp } from './app.js'

// Each test has a provider of its own, and an app that uses it.
const test = base.extend({
  baseURL: async ({ provider }, use) => {
    const app = await startApp(provider.issuer)
    await use(app.url)
    app.close()
  }
})

test('alice logs in with her password', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('link', { name: 'Log in' }).click()
  await page.getByLabel('User name').fill('alice')
  await page.getByLabel('Password').fill('alice')
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await expect(page.getByRole('heading')).toHaveText('Hello Alice Example')
})

test('a user without a password has a button', async ({ page, provider }) => {
  await provider.putUser({ sub: 'carol', claims: { name: 'Carol Example' } })
  await page.goto('/login')
  await page.getByRole('button', { name: 'Carol Example' }).click()
  await expect(page.getByRole('heading')).toHaveText('Hello Carol Example')
})

test('the user denies the request', async ({ page }) => {
  await page.goto('/login')
  await page.getByRole('button', { name: 'Deny' }).click()
  await expect(page.getByText('access_denied')).toBeVisible()
})

test('a scripted login shows no page', async ({ page, provider }) => {
  await provider.nextLogin({ user: 'bob' })
  await page.goto('/login')
  await expect(page.getByRole('heading')).toHaveText('Hello Bob Example')
})

test('the app reports that the code was refused', async ({ page, provider }) => {
  await provider.nextLogin({ user: 'bob' })
  await provider.failNext(1, { kind: 'error', error: 'invalid_grant' })
  await page.goto('/login')
  await expect(page.getByText('invalid_grant')).toBeVisible()
  await provider.verify({ endpoint: 'token' }, { exactly: 1 })
})
