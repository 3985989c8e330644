// Runs the test files that use one browser in a single process, which starts the browser
// once.
import { readdir, readFile } from 'node:fs/promises'

const folder = new URL('../', import.meta.url)

// runFiles runs the test files that use Firefox, or those that use only Chromium. The
// Lighthouse test, which starts its own Chromium, is not among them.
export async function runFiles({ withFirefox }) {
  for (const name of (await readdir(folder)).filter(name => name.endsWith('.test.mjs')).sort()) {
    const text = await readFile(new URL(name, folder), 'utf8')
    const isOfKind = withFirefox ? /startFirefox/ : /^(?!.*startFirefox).*(startChromium|startReader)/s
    if (isOfKind.test(text)) await import(new URL(name, folder))
  }
}
