import { defineConfig } from '@playwright/test'

export default defineConfig({
  webServer: {
    command: 'npx oauth-mimic --port 0 --log off',
    wait: { stdout: /listening on (?<OAUTH_MIMIC_URL>\S+)/ }
  }
})
