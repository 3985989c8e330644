// Test files of a kind in one process, which starts the browsers that they use
// once.
import { readdir, readFile } from 'node:fs/promises'

const folder = new URL('../', import.meta.url)

// runFiles runs the test files that use Firefox, or those that use Chromium alone.
// Lighthouse, which starts its own, is neither.
export async function runFiles({ withFirefox }) {
  for (const name of (await readdir(folder)).filter(name => name.endsWith('.test.mjs')).sort()) {
    const text = await readFile(new URL(name, folder), 'utf8')
    const isOfKind = withFirefox ? /startFirefox/ : /^(?!.*startFirefox).*(startChromium|startReader)/s
    if (isOfKind.test(text)) await import(new URL(name, folder))
  }
}
