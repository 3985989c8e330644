package static

// EditorActor is the person or the token that has signed in to the newsroom. Pages show
// only what it may do.
type EditorActor struct {
	Name string
	// HasAccount is false for a token.
	HasAccount bool
	// MayPublish is true for editors and chiefs.
	MayPublish bool
	// IsChief is true for a person who may invite and remove people.
	IsChief bool
}
