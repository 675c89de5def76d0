import type { Provider } from './provider.js'
import { TokenServer } from './server.js'

let started: Promise<TokenServer> | undefined

/** Returns the server of this process, which starts at the first call. It ends with the process, and does not keep it alive. */
export function sharedServer(url?: string): Promise<TokenServer> {
  started ??= url === undefined ? TokenServer.start() : TokenServer.connect(url)
  return started
}

/** Returns the report of a provider; without a journal if there is no answer, because another error is the one to show. */
export async function reportOf(provider: Provider): Promise<string> {
  try {
    return await provider.report()
  } catch (why) {
    return `oauth-mimic: the journal of ${provider.baseUrl} cannot be read: ${why}`
  }
}
