// Package users is who shops: the shop's users, what they want the shop to know of them, what they may do, and how they leave.
//
// A user is in two places. The user pool (a [Directory]) knows who somebody is: e-mail address, password, groups. The shop's own
// profile (in [Profiles]) is what the person can change here: the name, and where parcels go.
package users

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// The groups of the user pool. They decide what a user may do.
const (
	// CustomerGroup is everybody who has signed up.
	CustomerGroup = "customer"
	// AdminGroup runs the shop: its products and its users.
	AdminGroup = "admin"
)

// groups are all of them, in the order in which a message names them.
var groups = []string{CustomerGroup, AdminGroup}

// Limits of a profile's texts, in characters. Those of an address are an order's, so that what is kept here can be ordered with.
const (
	MaxName     = 120
	MaxText     = 120
	MaxPostcode = 20
)

// Profile is what the shop knows of a user beyond the user pool.
type Profile struct {
	// UserID never changes: the "sub" of the user's tokens.
	UserID string
	// Name is what the user wants to be called; it may be empty for who has signed up without one.
	Name string
	// ShippingAddress is where parcels go unless an order says otherwise; nil if the user has not said.
	ShippingAddress *Address
	// Version starts at 1 and grows with every change; it is also the profile's entity tag.
	Version int64
	// CreatedAt and UpdatedAt are in UTC, to the millisecond.
	CreatedAt, UpdatedAt time.Time
}

// Address is where a parcel goes.
type Address struct {
	// Name, Street and City have 1–MaxText characters.
	Name   string `json:"name" dynamodbav:"name"`
	Street string `json:"street" dynamodbav:"street"`
	City   string `json:"city" dynamodbav:"city"`
	// Postcode has 1–MaxPostcode characters.
	Postcode string `json:"postcode" dynamodbav:"postcode"`
	// Country is an ISO 3166-1 code of two letters, such as DE.
	Country string `json:"country" dynamodbav:"country"`
}

// Draft is what a user wants the profile to be.
type Draft struct {
	// Name is how they want to be called. It must be given.
	Name *string `json:"name"`
	// ShippingAddress is where parcels go. One that is not given is removed.
	ShippingAddress *Address `json:"shippingAddress"`
}

// Profile returns the profile that the draft describes, as of now. Error: fault.ErrInvalid with every wrong field.
func (d Draft) Profile(userID string, now time.Time) (Profile, error) {
	now = milliseconds(now)
	p := Profile{UserID: userID, CreatedAt: now, UpdatedAt: now}
	var wrong []fault.Field
	if d.Name == nil {
		wrong = append(wrong, fault.Field{Field: "name", Message: "is required"})
	} else {
		p.Name = strings.TrimSpace(*d.Name)
		wrong = checkText(wrong, "name", p.Name, MaxName)
	}
	if d.ShippingAddress != nil {
		address := d.ShippingAddress.clean()
		p.ShippingAddress = &address
		wrong = append(wrong, address.wrongFields()...)
	}
	return p, fault.Invalid(wrong...)
}

// clean removes white space around texts, so that it makes no difference.
func (a Address) clean() Address {
	for _, text := range []*string{&a.Name, &a.Street, &a.City, &a.Postcode, &a.Country} {
		*text = strings.TrimSpace(*text)
	}
	return a
}

func (a Address) wrongFields() []fault.Field {
	var wrong []fault.Field
	wrong = checkText(wrong, "shippingAddress.name", a.Name, MaxText)
	wrong = checkText(wrong, "shippingAddress.street", a.Street, MaxText)
	wrong = checkText(wrong, "shippingAddress.city", a.City, MaxText)
	wrong = checkText(wrong, "shippingAddress.postcode", a.Postcode, MaxPostcode)
	if len(a.Country) != 2 || !isCapital(a.Country[0]) || !isCapital(a.Country[1]) {
		wrong = append(wrong, fault.Field{
			Field: "shippingAddress.country", Message: "must be an ISO 3166-1 code of two letters such as DE; found " + fault.Quote(a.Country),
		})
	}
	return wrong
}

func isCapital(c byte) bool { return c >= 'A' && c <= 'Z' }

// checkText adds the field to the wrong ones unless its value has 1–most characters on one line.
func checkText(wrong []fault.Field, field, value string, most int) []fault.Field {
	n := utf8.RuneCountInString(value)
	if n >= 1 && n <= most && !strings.ContainsFunc(value, isForbidden) {
		return wrong
	}
	return append(wrong, fault.Field{Field: field, Message: fmt.Sprintf(
		"must have 1–%d characters on one line, without control characters; found %s", most, fault.Quote(value))})
}

// isForbidden tells control characters, which have no place in a name and hide things in terminals and mails, and U+FFFD, which is
// what gateways make of bytes that are not UTF-8.
func isForbidden(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }

// presentable makes a name of the user pool, which anybody may have set to anything, one that the shop can show. It may become empty.
func presentable(name string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if isForbidden(r) {
			return -1
		}
		return r
	}, name))
	if runes := []rune(name); len(runes) > MaxName {
		name = strings.TrimSpace(string(runes[:MaxName]))
	}
	return name
}

func milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// wrongGroups checks which groups somebody is to be in. field is their name in the request.
func wrongGroups(field string, wanted []string) []fault.Field {
	var wrong []fault.Field
	for i, group := range wanted {
		switch {
		case i >= len(groups):
			return append(wrong, fault.Field{Field: field, Message: fmt.Sprintf("must be at most %d, are %d", len(groups), len(wanted))})
		case !slices.Contains(groups, group):
			wrong = append(wrong, fault.Field{Field: fmt.Sprintf("%s[%d]", field, i), Message: fmt.Sprintf("must be one of %v; found %s", groups, fault.Quote(group))})
		case slices.Contains(wanted[:i], group):
			wrong = append(wrong, fault.Field{Field: fmt.Sprintf("%s[%d]", field, i), Message: "must not occur twice"})
		}
	}
	return wrong
}

// isUserID tells whether this can be a user's id: Cognito gives each a UUID. What is not one is never looked for: the user pool's
// filters are text.
func isUserID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		switch i {
		case 8, 13, 18, 23:
			if id[i] != '-' {
				return false
			}
		default:
			if (id[i] < '0' || id[i] > '9') && (id[i] < 'a' || id[i] > 'f') {
				return false
			}
		}
	}
	return true
}

// errGone is for the bearer of a token that has outlived its user.
func errGone() error {
	return fault.New(fault.ErrUnauthenticated, "Your account does not exist any more. Sign in again.")
}

func notFound(id string) error {
	return fault.New(fault.ErrNotFound, "There is no user %s.", fault.Quote(id))
}
