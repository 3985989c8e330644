// The tests that use Firefox alone.
import { runFiles } from './lib/group.mjs'

await runFiles({ withChromium: false })
