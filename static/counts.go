package static

// Counts are the progress of an alert, in readers. The newsroom and the API show the
// same counts; the doc tags describe them in the API.
type Counts struct {
	// Audience is the size of the audience. Each reader is counted once more: as
	// Accepted by the push service, Gone (the address is gone), Failed, Waiting for a
	// retry, Deferred to a catch-up, or Remaining.
	Audience  int `json:"audience"`
	Accepted  int `json:"accepted"`
	Gone      int `json:"gone"`
	Failed    int `json:"failed"`
	Waiting   int `json:"waiting"`
	Deferred  int `json:"deferred" doc:"In quiet hours, or over their hourly limit: a catch-up follows."`
	Remaining int `json:"remaining"`
	// Shown, Clicked and Dismissed are what browsers reported.
	Shown     int `json:"shown" doc:"Browsers that said so. Not all do."`
	Clicked   int `json:"clicked"`
	Dismissed int `json:"dismissed"`
}

// Done returns the number of readers whose result is final.
func (c Counts) Done() int { return c.Accepted + c.Gone + c.Failed + c.Deferred }

// Total returns the audience for a progress bar: at least 1.
func (c Counts) Total() int { return max(c.Audience, 1) }
