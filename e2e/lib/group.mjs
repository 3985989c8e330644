// Test files of a kind in one process, which starts the browsers that they use
// once.
import { readdir, readFile } from 'node:fs/promises'

const folder = new URL('../', import.meta.url)

// runFiles runs the test files that use Firefox, with Chromium or without it.
export async function runFiles({ withChromium }) {
  for (const name of (await readdir(folder)).filter(name => name.endsWith('.test.mjs')).sort()) {
    const text = await readFile(new URL(name, folder), 'utf8')
    if (text.includes('startFirefox') && /startChromium|startReader/.test(text) === withChromium) await import(new URL(name, folder))
  }
}
