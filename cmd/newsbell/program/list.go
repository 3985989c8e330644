package program

import (
	"strings"

	"github.com/alecthomas/kong"
)

// List is a setting with any number of values, separated by commas and optional spaces.
// Its flag may be repeated.
type List []string

// Decode implements [kong.MapperValue]. It appends to the values of earlier flags.
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
