// The tests that use Chromium alone.
import { runFiles } from './lib/group.mjs'

await runFiles({ withFirefox: false })
