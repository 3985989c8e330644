// The tests that use Firefox, with Chromium or without it, but for those of an area.
import { runOthers } from './lib/group.mjs'

await runOthers({ withFirefox: true })
