// The tests that use Firefox, with Chromium or without it.
import { runFiles } from './lib/group.mjs'

await runFiles({ withFirefox: true })
