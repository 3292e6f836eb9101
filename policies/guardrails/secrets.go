package guardrails

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
)

// How plain secrets are recognised: by the name of the variable or setting, by the form of well-known credentials, and by text
// as random as a key. None of it is proof, so a value that only looks like a secret gets a waiver.
var (
	secretName = regexp.MustCompile(`(?i)(secret|passw(or)?d|passphrase|credential|private[_-]?key|api[_-]?key|access[_-]?key|auth[_-]?token|(^|[_-])(token|pwd)$)`)
	// referenceName ends like the name of something that only tells where a secret is, or what kind of it is allowed.
	referenceName = regexp.MustCompile(`(?i)([_-](arn|id|name|url|uri|path|prefix|parameter|table|queue|ttl|length))$`)
	secretForms   = map[string]*regexp.Regexp{
		"an AWS access key":        regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b`),
		"a private key":            regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`),
		"a JSON Web Token":         regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.`),
		"a GitHub token":           regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{30,}`),
		"a payment provider's key": regexp.MustCompile(`\b[sr]k_(live|test)_[A-Za-z0-9]{10,}`),
		"a URL with a password":    regexp.MustCompile(`://[^/\s:@]+:[^/\s:@]+@`),
	}
	randomText = regexp.MustCompile(`^[A-Za-z0-9+/_=-]{24,}$`)
	// harmless values are nothing, numbers, truth values, and the keys that emulators take from everybody.
	harmless = regexp.MustCompile(`^(true|false|test|[0-9.]*)$`)
	// wordy text is made of words, as physical names are: letters, digits and hyphens, with no capital inside.
	wordy = regexp.MustCompile(`^[a-z0-9]+([-_./][a-z0-9]+)*$`)
)

// randomBits is the entropy per character from which on a text counts as random. A base64 key of 24 characters has about 4.3,
// words have below 3.8.
const randomBits = 4.0

// noSecrets checks the environment of a function or of containers, or the stack's configuration.
func noSecrets(v *Verdict, r Resource, s *Stack) {
	check := func(name string, value Value) {
		if why := secretIn(name, value); why != "" {
			v.Want(No, fmt.Sprintf("%s looks like a secret (%s), want it in Secrets Manager, or encrypted in the configuration", name, why))
		} else if value.Unknown() {
			v.Undecided = true
		}
	}
	switch r.Type {
	case stackType:
		for _, key := range slices.Sorted(maps.Keys(s.Config)) {
			if !slices.Contains(s.SecretKeys, key) {
				check(key, Value{v: s.Config[key]})
			}
		}
	case function:
		variables := r.At("environment", "variables")
		if _, marked := variables.v.(Secret); marked {
			v.Want(No, "a variable looks like a secret (the program marks it as one), want it in Secrets Manager")
		}
		known, _ := plain(variables.v).(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(known)) {
			check(name, variables.At(name))
		}
		v.Undecided = v.Undecided || variables.Unknown()
	default:
		eachContainer(func(_ *Verdict, c Value) {
			for _, variable := range c.At("environment").Each() {
				check(variable.At("name").Text(), variable.At("value"))
			}
		})(v, r, s)
	}
}

// secretIn tells why a named value is taken for a secret, or nothing.
func secretIn(name string, value Value) string {
	if _, marked := value.v.(Secret); marked {
		return "the program marks it as one"
	}
	text := value.Text()
	for _, form := range slices.Sorted(maps.Keys(secretForms)) {
		if secretForms[form].MatchString(text) {
			return form
		}
	}
	switch {
	case referenceName.MatchString(name) || harmless.MatchString(text) && !value.Unknown():
		return ""
	case secretName.MatchString(name):
		return "by its name"
	case randomText.MatchString(text) && !wordy.MatchString(text) && entropy(text) >= randomBits:
		return "by its randomness"
	}
	return ""
}

// entropy is Shannon's, in bits per character.
func entropy(text string) float64 {
	counts := map[rune]float64{}
	for _, c := range text {
		counts[c]++
	}
	bits, length := 0.0, float64(len([]rune(text)))
	for _, n := range counts {
		bits -= n / length * math.Log2(n/length)
	}
	return bits
}
