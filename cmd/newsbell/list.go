package main

import (
	"strings"

	"github.com/alecthomas/kong"
)

// list is a setting of any number of values, with commas and perhaps blanks
// between them. Its flag may be repeated.
type list []string

// Decode implements [kong.MapperValue]; it adds to what a flag before it said.
func (l *list) Decode(ctx *kong.DecodeContext) error {
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
