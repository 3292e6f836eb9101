package handler

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// attributes reads an item of a stream's record. The SDK has the same values, but reads them only from the answers to its own
// operations.
func attributes(what string, item map[string]json.RawMessage) (map[string]types.AttributeValue, error) {
	if item == nil {
		return nil, nil //nolint:nilnil // no such image
	}
	values := make(map[string]types.AttributeValue, len(item))
	for name, data := range item {
		value, err := attributeValue(data)
		if err != nil {
			return nil, fmt.Errorf("reading attribute %q of %s: %w", name, what, err)
		}
		values[name] = value
	}
	return values, nil
}

// attributeValue reads one value: an object whose only member's name is the type.
func attributeValue(data json.RawMessage) (types.AttributeValue, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, fmt.Errorf("want an object named after the value's type: %w", err)
	}
	if len(members) != 1 {
		return nil, fmt.Errorf("the value has %d members, want exactly one, named after its type", len(members))
	}
	for kind, value := range members {
		read, err := attributeOf(kind, value)
		if err != nil {
			return nil, fmt.Errorf("value of type %s: %w", kind, err)
		}
		return read, nil
	}
	return nil, nil //nolint:nilnil // not reached: there is a member
}

// attributeOf reads a value of a known type. Bytes are base64, which is how encoding/json has them too.
func attributeOf(kind string, data json.RawMessage) (types.AttributeValue, error) {
	switch kind {
	case "S":
		v, err := decoded[string](data)
		return &types.AttributeValueMemberS{Value: v}, err
	case "N":
		v, err := decoded[string](data)
		return &types.AttributeValueMemberN{Value: v}, err
	case "B":
		v, err := decoded[[]byte](data)
		return &types.AttributeValueMemberB{Value: v}, err
	case "BOOL":
		v, err := decoded[bool](data)
		return &types.AttributeValueMemberBOOL{Value: v}, err
	case "NULL":
		v, err := decoded[bool](data)
		return &types.AttributeValueMemberNULL{Value: v}, err
	case "SS":
		v, err := decoded[[]string](data)
		return &types.AttributeValueMemberSS{Value: v}, err
	case "NS":
		v, err := decoded[[]string](data)
		return &types.AttributeValueMemberNS{Value: v}, err
	case "BS":
		v, err := decoded[[][]byte](data)
		return &types.AttributeValueMemberBS{Value: v}, err
	case "L":
		return attributeList(data)
	case "M":
		v, err := decoded[map[string]json.RawMessage](data)
		if err != nil {
			return nil, err
		}
		members, err := attributes("a map", v)
		return &types.AttributeValueMemberM{Value: members}, err
	}
	return nil, errors.New("want S, N, B, BOOL, NULL, M, L, SS, NS or BS")
}

func attributeList(data json.RawMessage) (types.AttributeValue, error) {
	elements, err := decoded[[]json.RawMessage](data)
	if err != nil {
		return nil, err
	}
	values := make([]types.AttributeValue, len(elements))
	for i, element := range elements {
		if values[i], err = attributeValue(element); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return &types.AttributeValueMemberL{Value: values}, nil
}

// decoded reads JSON that must not be null.
func decoded[T any](data json.RawMessage) (T, error) {
	var value *T
	if err := json.Unmarshal(data, &value); err != nil {
		return *new(T), err //nolint:wrapcheck // the caller says of what
	}
	if value == nil {
		return *new(T), errors.New("is null")
	}
	return *value, nil
}
