import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join, sep } from 'node:path'

/** The name of the program on this system. */
const PROGRAM = process.platform === 'win32' ? 'oauth-mimic.exe' : 'oauth-mimic'

/** The package that carries the program for this system; it exists only for some. */
const CARRIER = `@oauth-mimic/${process.platform}-${process.arch}`

/**
 * Finds the program: the path in `OAUTH_MIMIC_BINARY`, the one of the platform package, or the one on the `PATH`, in this order.
 *
 * @throws An error that lists the places, if none of them has the program.
 */
export function findBinary(env: NodeJS.ProcessEnv = process.env): string {
  const looked: string[] = []
  const named = env.OAUTH_MIMIC_BINARY
  if (named) {
    if (isProgram(named)) return named
    // A wrong path is a mistake to report, and not a reason to start another program.
    throw new Error(`OAUTH_MIMIC_BINARY is ${named}, which is not a program that can be run`)
  }
  looked.push('OAUTH_MIMIC_BINARY: not set')
  try {
    return createRequire(import.meta.url).resolve(`${CARRIER}/bin/${PROGRAM}`)
  } catch {
    looked.push(`the package ${CARRIER}: not installed, or there is none for this system`)
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const folder of folders) {
    const path = join(folder, PROGRAM)
    if (isProgram(path) && !isShim(path)) return path
  }
  looked.push(`the PATH: no ${PROGRAM} in ${folders.join(delimiter) || 'an empty PATH'}`)
  throw new Error(
    'the program oauth-mimic was not found. These are the places, in order:\n' +
      ['OAUTH_MIMIC_URL: not set', ...looked].map((place) => `  ${place}\n`).join('') +
      'Install the packages oauth-mimic and its optional dependencies, or set one of the variables.'
  )
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Returns true for the launcher of an npm package, which would look for the program in turn. */
function isShim(path: string): boolean {
  return path.includes(`${sep}node_modules${sep}.bin${sep}`) || realpathSync(path).endsWith(`${sep}oauth-mimic.js`)
}
