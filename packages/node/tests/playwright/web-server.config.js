import shown from '../examples/playwright/web-server/playwright.config.js'
import { use } from './chromium.js'

const here = new URL('../examples/playwright/web-server', import.meta.url).pathname
const webServer = shown.webServer.map((server) => ({ ...server, cwd: here }))
export default { ...shown, testDir: here, webServer, reporter: 'list', use: { ...shown.use, ...use } }
