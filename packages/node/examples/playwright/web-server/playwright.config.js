import { defineConfig } from '@playwright/test'

export default defineConfig({
  webServer: [
    {
      command: 'npx oauth-mimic --port 4900 --auto-login alice --log off',
      url: 'http://127.0.0.1:4900/_mimic/health',
      reuseExistingServer: !process.env.CI
    },
    {
      command: 'node ../app.js',
      env: { ISSUER: 'http://127.0.0.1:4900/connect', PORT: '4901' },
      url: 'http://127.0.0.1:4901'
    }
  ],
  use: { baseURL: 'http://127.0.0.1:4901' }
})
