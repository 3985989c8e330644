package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// nullable is a field of a PATCH that null removes. An absent field does not change the
// value (RFC 7396).
type nullable[T any] struct {
	set   bool
	value *T
}

// UnmarshalJSON is called only for a field that is present.
func (n *nullable[T]) UnmarshalJSON(raw []byte) error {
	n.set = true
	return json.Unmarshal(raw, &n.value)
}

// Schema returns the schema of T, made nullable.
func (n nullable[T]) Schema(r huma.Registry) *huma.Schema {
	schema := *huma.SchemaFromType(r, reflect.TypeFor[T]())
	schema.Nullable = true
	return &schema
}
