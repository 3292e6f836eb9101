package stack

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/serverless-shop/serverless-shop/components"
)

// settings are the stack's configuration, described in Pulumi.yaml, which also holds the defaults.
type settings struct {
	adminEmail          string
	alarmEmails         []string
	alarms              bool
	hardware            string
	apiEndpoint         string
	authDomain          string
	backorderMinutes    int
	carrierURL          string
	cognitoEndpoint     string
	deletionProtection  bool
	logLevel            string
	logRetentionDays    int
	mailFrom            string
	mfa                 string
	monthlyBudget       int
	passwordAuth        bool
	paymentsURL         string
	pointInTimeRecovery bool
	requestsPerSecond   int
	siteURL             string
	thirdParties        string
	threatProtection    bool
}

// hostArchitecture is the architecture of the machine that deploys.
const hostArchitecture = "host"

var mfaModes = map[string]components.MFA{"off": components.MFAOff, "optional": components.MFAOptional, "required": components.MFARequired}

// Who the payment provider and the carrier are.
const (
	thirdPartiesSimulated = "simulated"
	thirdPartiesReal      = "real"
)

// serviceURL is the address of an API, which may have a path.
var serviceURL = regexp.MustCompile(`^https?://[^/\s?#]+(/[^\s?#]*[^\s?#/])?$`)

var baseURL = regexp.MustCompile(`^https?://[^/\s?#]+$`)

// load reads the configuration and reports everything wrong with it at once.
func load(ctx *pulumi.Context) (settings, error) {
	r := &reader{config: config.New(ctx, ""), project: ctx.Project()}
	s := settings{
		adminEmail:          r.address("adminEmail"),
		alarmEmails:         r.emails("alarmEmails"),
		alarms:              r.flag("alarms"),
		hardware:            r.word("architecture", string(components.ARM64), string(components.X8664), hostArchitecture),
		apiEndpoint:         r.service("apiEndpoint"),
		authDomain:          r.text("authDomain"),
		backorderMinutes:    r.number("backorderMinutes", 1, 60*24*60),
		carrierURL:          r.service("carrierUrl"),
		cognitoEndpoint:     r.url("cognitoEndpoint"),
		deletionProtection:  r.flag("deletionProtection"),
		logLevel:            r.word("logLevel", "debug", "info", "warn", "error"),
		logRetentionDays:    r.number("logRetentionDays", 1, 3653),
		mailFrom:            r.address("mailFrom"),
		mfa:                 r.word("mfa", "off", "optional", "required"),
		monthlyBudget:       r.number("monthlyBudget", 0, 1_000_000),
		passwordAuth:        r.flag("passwordAuth"),
		paymentsURL:         r.service("paymentsUrl"),
		pointInTimeRecovery: r.flag("pointInTimeRecovery"),
		requestsPerSecond:   r.number("requestsPerSecond", 1, 10_000),
		siteURL:             r.url("siteUrl"),
		thirdParties:        r.word("thirdParties", thirdPartiesSimulated, thirdPartiesReal),
		threatProtection:    r.flag("threatProtection"),
	}
	if s.authDomain != "" && s.siteURL == "" {
		r.wrong("siteUrl", "", "the shop's address, to which the hosted sign-in pages of authDomain return")
	}
	r.thirdParty("carrierUrl", s.carrierURL, s.simulated())
	r.thirdParty("paymentsUrl", s.paymentsURL, s.simulated())
	return s, errors.Join(r.found...)
}

// simulated tells whether simulators stand in for the payment provider and the carrier.
func (s settings) simulated() bool { return s.thirdParties == thirdPartiesSimulated }

// apiURL is where functions reach an HTTP API.
func (s settings) apiURL(api *components.ServerlessApi) pulumi.StringOutput {
	if s.apiEndpoint == "" {
		return api.URL
	}
	return pulumi.Sprintf("%s/%s/%s", s.apiEndpoint, api.ID, api.StageName)
}

// architecture is the instruction set that functions run on.
func (s settings) architecture() components.Architecture {
	if s.hardware != hostArchitecture {
		return components.Architecture(s.hardware)
	}
	if runtime.GOARCH == "amd64" {
		return components.X8664
	}
	return components.ARM64
}

// functionOS is what functions are compiled for: Lambda's Linux, or this machine's system where an emulator runs them as its
// processes.
func (s settings) functionOS() string {
	if s.hardware == hostArchitecture {
		return runtime.GOOS
	}
	return "linux"
}

// site is the address by which people know the shop.
func (s settings) site(site *components.StaticSite) pulumi.StringOutput {
	if s.siteURL != "" {
		return pulumi.String(s.siteURL).ToStringOutput()
	}
	return site.URL
}

// reader reads settings and collects what is wrong with them.
type reader struct {
	config  *config.Config
	project string
	found   []error
}

func (r *reader) wrong(key string, value any, accepted string) {
	r.found = append(r.found, fmt.Errorf("config %s:%s = %v: want %s", r.project, key, value, accepted))
}

func (r *reader) text(key string) string {
	return r.config.Get(key)
}

func (r *reader) word(key string, accepted ...string) string {
	value := r.config.Get(key)
	if !slices.Contains(accepted, value) {
		r.wrong(key, fmt.Sprintf("%q", value), strings.Join(accepted[:len(accepted)-1], ", ")+" or "+accepted[len(accepted)-1])
	}
	return value
}

func (r *reader) url(key string) string {
	value := r.config.Get(key)
	if value != "" && !baseURL.MatchString(value) {
		r.wrong(key, fmt.Sprintf("%q", value), "an address such as https://shop.example.com, without a path, or nothing")
	}
	return value
}

// isAddress tells whether a text is an e-mail address and nothing else.
func isAddress(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Address == text
}

func (r *reader) address(key string) string {
	value := r.config.Get(key)
	if !isAddress(value) {
		r.wrong(key, fmt.Sprintf("%q", value), "an e-mail address such as orders@shop.example.com")
	}
	return value
}

func (r *reader) service(key string) string {
	value := r.config.Get(key)
	if value != "" && !serviceURL.MatchString(value) {
		r.wrong(key, fmt.Sprintf("%q", value), "an address such as https://api.example.com/v1, without a trailing slash, or nothing")
	}
	return value
}

// thirdParty checks that there is an address exactly if it is needed.
func (r *reader) thirdParty(key, value string, simulated bool) {
	switch {
	case simulated && value != "":
		r.wrong(key, fmt.Sprintf("%q", value), "nothing, since thirdParties is simulated")
	case !simulated && !strings.HasPrefix(value, "https://"):
		r.wrong(key, fmt.Sprintf("%q", value), "the encrypted address of the third party's API, such as https://api.provider.example/v1")
	}
}

func (r *reader) emails(key string) []string {
	var addresses []string
	err := r.config.TryObject(key, &addresses)
	wrong := err != nil || slices.ContainsFunc(addresses, func(a string) bool { return !isAddress(a) })
	if wrong {
		r.wrong(key, r.config.Get(key), `a list of e-mail addresses, such as ["operations@example.com"], or []`)
	}
	return addresses
}

func (r *reader) flag(key string) bool {
	value, err := r.config.TryBool(key)
	if err != nil {
		r.wrong(key, fmt.Sprintf("%q", r.config.Get(key)), "true or false")
	}
	return value
}

func (r *reader) number(key string, least, most int) int {
	value, err := r.config.TryInt(key)
	if err != nil || value < least || value > most {
		r.wrong(key, fmt.Sprintf("%q", r.config.Get(key)), fmt.Sprintf("a whole number, %d–%d", least, most))
	}
	return value
}
