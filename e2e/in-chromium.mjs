// The tests that use only Chromium.
import { runFiles } from './lib/group.mjs'

await runFiles({ withFirefox: false })
