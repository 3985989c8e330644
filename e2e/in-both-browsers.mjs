// The tests that use Firefox and Chromium.
import { runFiles } from './lib/group.mjs'

await runFiles({ withChromium: true })
