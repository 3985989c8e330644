package lab

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"newsbell/models/pgtest/deathsig"
)

// benchNode is the script that sends with npm's web-push.
//
//go:embed bench_node.mjs
var benchNode string

// sendWithNode returns the CPU in µs per push of npm's web-push with keep-alive. It needs
// node and the packages of make setup.
func (r *rig) sendWithNode(ctx context.Context, service *pushService, n int) (float64, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return 0, err
	}
	packages, err := findNodePackages()
	if err != nil {
		return 0, err
	}
	keys, err := comparedKeys()
	if err != nil {
		return 0, err
	}
	in, err := json.Marshal(map[string]any{
		"packages": packages, "origin": service.URL, "pushes": n, "in_flight": comparedInFlight,
		"payload_bytes": comparedPayload, "p256dh": keys.P256dh, "auth": keys.Auth,
		"public_key": r.vapidKey.PublicKey, "private_key": r.vapidKey.PrivateKey, "ca": service.CertPEM,
	})
	if err != nil {
		return 0, err
	}
	command := exec.CommandContext(ctx, node, "--input-type=module", "--eval", benchNode)
	var output bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(in), &output, os.Stderr
	if err := deathsig.Run(command, syscall.SIGKILL); err != nil {
		return 0, fmt.Errorf("node: %w", err)
	}
	var out struct {
		CPUUs float64 `json:"cpu_us"`
	}
	if err := json.Unmarshal(output.Bytes(), &out); err != nil {
		return 0, fmt.Errorf("node: %w", err)
	}
	return out.CPUUs / float64(n), nil
}

// findNodePackages looks for the packages of the browser tests in this folder and its
// parents.
func findNodePackages() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		e2e := filepath.Join(folder, "e2e")
		if _, err := os.Stat(filepath.Join(e2e, "node_modules", "web-push")); err == nil {
			return e2e, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("npm's web-push is not installed (make setup)")
		}
		folder = parent
	}
}
