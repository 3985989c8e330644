// Package client calls the API of a running Newsbell.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Client is a client of a server's API.
type Client struct {
	// BaseURL is the server's base URL, without a trailing slash.
	BaseURL string
	// token is the bearer token: an editor's token or a reader's secret.
	token string
	http  *http.Client
}

// New returns a client. The token is an editor's token, a reader's secret, or empty.
func New(baseURL, token string) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	return &Client{
		BaseURL: strings.TrimRight(baseURL, "/"), token: token,
		http: &http.Client{Timeout: 30 * time.Second, Transport: transport},
	}
}

// Call sends in as JSON, unless it is nil, and decodes the response into out. It returns a
// problem (RFC 9457) as an error with its text.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.BaseURL+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return problemOf(response.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

func problemOf(status string, answer []byte) error {
	var problem struct {
		Detail string
		Errors []struct{ Location, Message string }
	}
	if json.Unmarshal(answer, &problem) != nil || problem.Detail == "" {
		return errors.New(status)
	}
	lines := []string{problem.Detail}
	for _, e := range problem.Errors {
		lines = append(lines, fmt.Sprintf("  %s: %s", strings.TrimPrefix(e.Location, "body."), e.Message))
	}
	return errors.New(strings.Join(lines, "\n"))
}
