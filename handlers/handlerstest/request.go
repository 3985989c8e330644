package handlerstest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Answer is a response that has been read.
type Answer struct {
	*http.Response
	// Text is the body.
	Text string
}

// Call sends a value as JSON, or a string unchanged, with a bearer token unless it is
// empty, and other headers as pairs of name and value.
func (w *Web) Call(method, path, bearer string, in any, others ...string) Answer {
	w.t.Helper()
	raw, isText := in.(string)
	if in != nil && !isText {
		encoded, err := json.Marshal(in)
		if err != nil {
			w.t.Fatal(err)
		}
		raw = string(encoded)
	}
	headers := append([]string{"Content-Type", "application/json"}, others...)
	if bearer != "" {
		headers = append(headers, "Authorization", "Bearer "+bearer)
	}
	return w.Send(method, path, strings.NewReader(raw), headers...)
}

// Get gets a page.
func (w *Web) Get(path string) Answer {
	w.t.Helper()
	return w.Send(http.MethodGet, path, nil)
}

// Submit submits a form as a page of the site does.
func (w *Web) Submit(path string, form url.Values) Answer {
	w.t.Helper()
	return w.Send(http.MethodPost, path, strings.NewReader(form.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
}

// SignIn signs an editor in. The client keeps the cookie.
func (w *Web) SignIn() {
	w.t.Helper()
	w.Submit("/editor/sign-in", url.Values{"token": {w.Token}}).WantStatus(w.t, http.StatusOK)
}

// do sends a request. The caller must close the body of the response.
func (w *Web) do(method, path string, body io.Reader, headers []string) *http.Response {
	w.t.Helper()
	request, err := http.NewRequest(method, w.Origin+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := w.Client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	return response
}

// Send sends a request, with headers as pairs of name and value.
func (w *Web) Send(method, path string, body io.Reader, headers ...string) Answer {
	w.t.Helper()
	response := w.do(method, path, body, headers)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return Answer{response, string(text)}
}

// WantStatus fails the test unless the answer has a status.
func (a Answer) WantStatus(t *testing.T, status int) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s %s: %d %s; want %d", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.Text, status)
	}
}

// Decode checks the status and reads the body as JSON.
func (a Answer) Decode(t *testing.T, status int, into any) {
	t.Helper()
	a.WantStatus(t, status)
	if err := json.NewDecoder(bytes.NewBufferString(a.Text)).Decode(into); err != nil {
		t.Fatalf("%s: %v", a.Text, err)
	}
}

// WantProblem fails the test unless the answer is a problem (RFC 9457) with a status and
// a text in it.
func (a Answer) WantProblem(t *testing.T, status int, words string) {
	t.Helper()
	var problem struct {
		Status int
		Title  string
		Detail string
	}
	if kind := a.Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%s %s: Content-Type is %q", a.Request.Method, a.Request.URL.Path, kind)
	}
	a.Decode(t, status, &problem)
	if problem.Status != status || problem.Title == "" || !strings.Contains(a.Text, words) {
		t.Errorf("problem = %s; want status %d and %q", a.Text, status, words)
	}
}
