package leastprivilege

import (
	"fmt"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/tools/go/ssa"
)

// parts say which actions an operation needs by what it is given: those of the fields that are set in a struct, which is its input or a part
// of it. The action of a field is "" if it cannot be told.
type parts struct {
	structure string
	fields    map[string]string
	own       string // is needed whatever is set; "" if the operation has no action of its own
}

// written are what an object can be given when it is put.
var written = map[string]string{
	"ACL": "s3:PutObjectAcl", "GrantFullControl": "s3:PutObjectAcl", "GrantRead": "s3:PutObjectAcl", "GrantReadACP": "s3:PutObjectAcl",
	"GrantWriteACP": "s3:PutObjectAcl", "Tagging": "s3:PutObjectTagging", "ObjectLockMode": "s3:PutObjectRetention",
	"ObjectLockLegalHoldStatus": "s3:PutObjectLegalHold",
}

// composed are the operations that need the actions of their parts ("Amazon DynamoDB Transactions: how it works", IAM; "Identity and
// access management in Amazon SES": a raw message needs an action of its own; "Required permissions for Amazon S3 API operations").
var composed = map[string]parts{
	"dynamodb.TransactWriteItems": {structure: sdk + "dynamodb/types.TransactWriteItem", fields: map[string]string{
		"Put": "dynamodb:PutItem", "Update": "dynamodb:UpdateItem", "Delete": "dynamodb:DeleteItem", "ConditionCheck": "dynamodb:ConditionCheckItem",
	}},
	"dynamodb.TransactGetItems": {structure: sdk + "dynamodb/types.TransactGetItem", fields: map[string]string{"Get": "dynamodb:GetItem"}},
	"sesv2.SendEmail": {structure: sdk + "sesv2/types.EmailContent", fields: map[string]string{
		"Simple": "ses:SendEmail", "Raw": "ses:SendRawEmail", "Template": "",
	}},
	"s3.DeleteObject": {sdk + "s3.DeleteObjectInput", map[string]string{"VersionId": "s3:DeleteObjectVersion"}, "s3:DeleteObject"},
	"s3.GetObject":    {sdk + "s3.GetObjectInput", map[string]string{"VersionId": "s3:GetObjectVersion"}, "s3:GetObject"},
	"s3.HeadObject":   {sdk + "s3.HeadObjectInput", map[string]string{"VersionId": "s3:GetObjectVersion"}, "s3:GetObject"},
	"s3.PutObject":    {sdk + "s3.PutObjectInput", written, "s3:PutObject"},
}

// actions looks for the fields that reachable code sets. Finding none is an error: the parts would come from code that is not looked
// into, and their actions would be missed.
func (p parts) actions(o operation, reachable map[*ssa.Function]bool) ([]string, error) {
	found := map[string]bool{}
	if p.own != "" {
		found[p.own] = true
	}
	for f := range reachable {
		for _, block := range f.Blocks {
			for _, instruction := range block.Instrs {
				name, set := p.setBy(instruction)
				if !set {
					continue
				}
				action, known := p.fields[name]
				if action == "" && known {
					return nil, fmt.Errorf("reaches %s with %s.%s, whose action is not known here: add it to package leastprivilege", o, p.structure, name)
				}
				if known {
					found[action] = true
				}
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("reaches %s, and sets none of the fields %v of %s that its actions depend on: set them in the module's own code",
			o, slices.Sorted(maps.Keys(p.fields)), p.structure)
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// setBy tells which field of the struct an instruction sets, if it does. Taking a field's address sets it, unless the address is only
// read from or nil is stored there.
func (p parts) setBy(instruction ssa.Instruction) (name string, set bool) {
	address, ok := instruction.(*ssa.FieldAddr)
	if !ok {
		return "", false
	}
	pointer, ok := address.X.Type().Underlying().(*types.Pointer)
	if !ok || types.Unalias(pointer.Elem()).String() != p.structure {
		return "", false
	}
	structure := pointer.Elem().Underlying().(*types.Struct)
	return structure.Field(address.Field).Name(), slices.ContainsFunc(*address.Referrers(), writes)
}

// writes tells whether an instruction that uses a field's address may store something there.
func writes(instruction ssa.Instruction) bool {
	switch use := instruction.(type) {
	case *ssa.UnOp, *ssa.DebugRef: // reads it
		return false
	case *ssa.Store:
		constant, isConstant := use.Val.(*ssa.Const)
		return !isConstant || !constant.IsNil()
	}
	return true
}
