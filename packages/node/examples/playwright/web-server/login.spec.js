import { expect, test } from '@playwright/test'

test('alice logs in', async ({ page }) => {
  await page.goto('/login')
  await expect(page.getByRole('heading')).toHaveText('Hello Alice Example')
})
