// Runs a group of test files in a single process, which starts each browser once.
import { readdir, readFile } from 'node:fs/promises'

const folder = new URL('../', import.meta.url)

// areas are the groups of an area. Every other file runs with those that use the same
// browser.
const areas = {
  newsroom: ['accessible', 'people'],
  preferences: ['preferences', 'test-notice'],
}

// runArea runs the test files of an area.
export async function runArea(area) {
  for (const name of areas[area]) await import(new URL(`${name}.test.mjs`, folder))
}

// runOthers runs the other test files that use Firefox, or those that use only Chromium.
// The Lighthouse test, which starts its own Chromium, is not among them.
export async function runOthers({ withFirefox }) {
  const inAreas = Object.values(areas).flat().map(name => `${name}.test.mjs`)
  for (const name of (await readdir(folder)).filter(name => name.endsWith('.test.mjs') && !inAreas.includes(name)).sort()) {
    const text = await readFile(new URL(name, folder), 'utf8')
    const isOfKind = withFirefox ? /startFirefox/ : /^(?!.*startFirefox).*(startChromium|startReader)/s
    if (isOfKind.test(text)) await import(new URL(name, folder))
  }
}
