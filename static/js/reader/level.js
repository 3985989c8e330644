// How much of a topic is heard, in words, and what of it can be set.

export const levels = {
  all: 'all updates',
  key: 'key moments',
  resolution: 'only when it’s back',
}

const mutes = ['until_resolution', 'for_good']

// choiceOf is the one choice that a follow is shown as: its mute, which is
// stronger, or its level.
export const choiceOf = ({ level, muted }) => mutes.includes(muted) ? muted : level

// settingOf is what a choice sets: a mute leaves the level there is.
export const settingOf = choice => mutes.includes(choice) ? { muted: choice } : { level: choice }

// stateOf is all there is of a follow, to set it again.
export const stateOf = ({ level, muted }) => level ? { level, muted } : { muted }

// isHeard says that something of it is heard, if only the end.
export const isHeard = ({ muted }) => muted !== 'for_good'

// heardLevel is the level at which something is heard.
export const heardLevel = ({ level, muted }) => muted === 'until_resolution' ? 'resolution' : level
