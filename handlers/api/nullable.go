package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// nullable is a field of a PATCH that may be null: then it is set to nothing. A
// field that is absent is left as it is (RFC 7396).
type nullable[T any] struct {
	set   bool
	value *T
}

// UnmarshalJSON is called only for a field that is present.
func (n *nullable[T]) UnmarshalJSON(raw []byte) error {
	n.set = true
	return json.Unmarshal(raw, &n.value)
}

// Schema returns that of T, or null.
func (n nullable[T]) Schema(r huma.Registry) *huma.Schema {
	schema := *huma.SchemaFromType(r, reflect.TypeFor[T]())
	schema.Nullable = true
	return &schema
}
