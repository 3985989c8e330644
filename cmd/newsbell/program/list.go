package program

import (
	"strings"

	"github.com/alecthomas/kong"
)

// List is a setting of any number of values, with commas and perhaps blanks
// between them. Its flag may be repeated.
type List []string

// Decode implements [kong.MapperValue]; it adds to what a flag before it said.
func (l *List) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("list", &text); err != nil {
		return err
	}
	for _, value := range kong.SplitEscaped(text, ',') {
		if value = strings.TrimSpace(value); value != "" {
			*l = append(*l, value)
		}
	}
	return nil
}
