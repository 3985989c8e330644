// The tests of the newsroom, and of accessibility.
import { runArea } from './lib/group.mjs'

await runArea('newsroom')
