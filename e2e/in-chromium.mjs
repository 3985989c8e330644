// The tests that use only Chromium, but for those of an area.
import { runOthers } from './lib/group.mjs'

await runOthers({ withFirefox: false })
