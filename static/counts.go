package static

// Counts are how far an alert has come, in readers: as the newsroom shows it, and
// as the API answers it, which describes it by doc.
type Counts struct {
	// Audience is how many it is for: Accepted by their push services, Gone for
	// good, Failed, Waiting for another try, Deferred to a catch-up, or Remaining.
	Audience  int `json:"audience"`
	Accepted  int `json:"accepted"`
	Gone      int `json:"gone"`
	Failed    int `json:"failed"`
	Waiting   int `json:"waiting"`
	Deferred  int `json:"deferred" doc:"In quiet hours, or over their hourly limit: a catch-up follows."`
	Remaining int `json:"remaining"`
	// Shown, Clicked and Dismissed are as many as their browsers reported.
	Shown     int `json:"shown" doc:"Browsers that said so. Not all do."`
	Clicked   int `json:"clicked"`
	Dismissed int `json:"dismissed"`
}

// Done is how many readers have had their one answer.
func (c Counts) Done() int { return c.Accepted + c.Gone + c.Failed + c.Deferred }

// Total is the audience as a progress bar wants it: never zero.
func (c Counts) Total() int { return max(c.Audience, 1) }
