// The tests of the preferences.
import { runArea } from './lib/group.mjs'

await runArea('preferences')
