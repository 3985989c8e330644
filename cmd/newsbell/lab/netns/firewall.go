package netns

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// Firewall is in front of a server in this namespace, on a TCP port of 127.0.0.1. It drops
// packets silently: no connection is reset.
type Firewall struct{ table string }

// NewFirewall returns a firewall that lets all packets of new connections pass.
func NewFirewall(ctx context.Context, port int) (*Firewall, error) {
	return &Firewall{tableOf(port)}, run(nft(ctx, rulesOf(port)))
}

// Forget makes the firewall lose its state: it drops all packets of open connections, and
// lets new connections pass.
func (f *Firewall) Forget(ctx context.Context) error {
	return run(nft(ctx, fmt.Sprintf("flush set ip %s open", f.table)))
}

// Cut drops all packets to the server and from it, until [Firewall.Heal].
func (f *Firewall) Cut(ctx context.Context) error {
	return run(nft(ctx, fmt.Sprintf("insert rule ip %s packets jump cut", f.table)))
}

// Heal lets packets pass again, including those of connections from before the cut.
func (f *Firewall) Heal(ctx context.Context) error {
	return run(nft(ctx, fmt.Sprintf("flush chain ip %s packets\n%s", f.table, passing(f.table))))
}

func tableOf(port int) string { return fmt.Sprintf("newsbell_%d", port) }

// rulesOf returns a firewall's rules for nft. The set is the firewall's state: the client
// ports of connections whose beginning it has seen.
func rulesOf(port int) string {
	table := tableOf(port)
	return fmt.Sprintf(`add table ip %[1]s
add set ip %[1]s open { type inet_service; flags dynamic; }
add chain ip %[1]s cut
add rule ip %[1]s cut tcp dport %[2]d drop
add rule ip %[1]s cut tcp sport %[2]d drop
add chain ip %[1]s stateful
add rule ip %[1]s stateful tcp dport %[2]d tcp flags & (syn|ack) == syn add @open { tcp sport }
add rule ip %[1]s stateful tcp dport %[2]d tcp sport != @open drop
add rule ip %[1]s stateful tcp sport %[2]d tcp dport != @open drop
add chain ip %[1]s packets { type filter hook input priority 0; }
%[3]s`, table, port, passing(table))
}

func passing(table string) string {
	return fmt.Sprintf("add rule ip %s packets jump stateful\n", table)
}

// nft returns a command that changes rules atomically.
func nft(ctx context.Context, rules string) *exec.Cmd {
	found, _ := exec.LookPath("nft")
	command := exec.CommandContext(ctx, cmp.Or(found, "/usr/sbin/nft"), "-f", "-")
	command.Stdin = strings.NewReader(rules)
	return command
}

func run(command *exec.Cmd) error {
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w %s", err, bytes.TrimSpace(output))
	}
	return nil
}
