package shipping

import (
	"strings"
)

// unsaleable are the words by which a customer's reason tells that goods cannot be sold again. They stand for what a warehouse would
// see when it opens the parcel.
var unsaleable = []string{"damaged", "broken", "defective", "worn", "used", "incomplete"}

// maxReason bounds how much of a reason is looked at.
const maxReason = 1000

// inspect tells whether goods that come back for a reason can be sold again, and if not, why. Words count, whatever their case, and not
// parts of words: "unused" is fine.
func inspect(reason string) (accepted bool, finding string) {
	words := strings.FieldsFunc(strings.ToLower(reason[:min(len(reason), maxReason)]), func(r rune) bool { return r < 'a' || r > 'z' })
	for _, bad := range unsaleable {
		for _, word := range words {
			if word == bad {
				return false, "The goods are " + bad + " and cannot be sold again."
			}
		}
	}
	return true, ""
}
