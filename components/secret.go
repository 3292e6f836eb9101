package components

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"unicode/utf8"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// Limits and defaults of secrets ("Secrets Manager quotas" and CreateSecret in its API reference). A generated value has 62 possible characters
// in each place, so 16 of them are 95 bits, and 32 are 190.
const (
	minSecretLength     = 16
	maxSecretLength     = 4096
	defaultSecretLength = 32
	minRecoveryDays     = 7
	maxRecoveryDays     = 30
	maxRotationDays     = 90
	defaultRotationDays = 30
)

// secretCharacters are those of generated values: they need no quoting anywhere.
const secretCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// SecretArgs describes a secret in Secrets Manager. Its value is generated when it is created, or set by somebody else; the program never
// changes it afterwards.
type SecretArgs struct {
	// Description says what the secret is for.
	Description string
	// Length of the generated value, in letters and digits: 16–4096. Default 32.
	Length int
	// SetByOperator creates the secret without a value. Somebody sets it by hand, with aws secretsmanager put-secret-value, so that it is in no
	// program, no configuration and no state. Until then, functions that read it fail.
	SetByOperator bool
	// KMSKey is the ARN of the key that encrypts the value. Default: Secrets Manager's own key of the account, which costs nothing, but whose
	// policy lets nobody in another account read the secret.
	KMSKey pulumi.StringInput
	// RecoveryWindowDays is how long a deleted secret can be brought back: 7–30. Default 30.
	RecoveryWindowDays int
	// DisableRecovery deletes the secret at once.
	DisableRecovery bool
}

// Secret is a secret in Secrets Manager. Functions get its ARN and read the value when they need it, with package handler/secret.
type Secret struct {
	pulumi.ResourceState

	// ARN of the secret.
	ARN pulumi.StringOutput
	// Name is the physical name of the secret.
	Name pulumi.StringOutput

	logicalName string
	kmsKey      pulumi.StringInput
	rotated     bool
}

// NewSecret creates a secret and, unless an operator sets it, its value.
func NewSecret(ctx *pulumi.Context, name string, args *SecretArgs, opts ...pulumi.ResourceOption) (*Secret, error) {
	if args == nil {
		args = &SecretArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	s := &Secret{logicalName: name, kmsKey: args.KMSKey}
	if err := ctx.RegisterComponentResource(token("Secret"), name, s, opts...); err != nil {
		return nil, wrap("Secret", name, err)
	}
	resource := &secretsmanager.SecretArgs{
		Description:          pulumi.String(args.Description),
		RecoveryWindowInDays: pulumi.Int(args.recoveryDays()),
	}
	if args.KMSKey != nil {
		resource.KmsKeyId = args.KMSKey.ToStringOutput()
	}
	secret, err := secretsmanager.NewSecret(ctx, name, resource, pulumi.Parent(s))
	if err != nil {
		return nil, wrap("Secret", name, err)
	}
	s.ARN, s.Name = secret.Arn, secret.Name
	if !args.SetByOperator {
		if err := s.generate(ctx, secret, or(args.Length, defaultSecretLength)); err != nil {
			return nil, wrap("Secret", name, err)
		}
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"arn": s.ARN, "name": s.Name})
}

// generate sets the first value. It counts only when it is created: each run of the program makes another one, and rotation another again.
func (s *Secret) generate(ctx *pulumi.Context, secret *secretsmanager.Secret, length int) error {
	value, err := randomText(length)
	if err != nil {
		return err
	}
	_, err = secretsmanager.NewSecretVersion(ctx, s.logicalName+"-value", &secretsmanager.SecretVersionArgs{
		SecretId:     secret.ID(),
		SecretString: pulumi.ToSecret(pulumi.String(value)).(pulumi.StringOutput),
	}, pulumi.Parent(s), pulumi.IgnoreChanges([]string{"secretString", "versionStages"}))
	return err
}

// randomText is text that nobody can guess.
func randomText(length int) (string, error) {
	text := make([]byte, length)
	for i := range text {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(secretCharacters))))
		if err != nil {
			return "", fmt.Errorf("generating a secret: %w", err)
		}
		text[i] = secretCharacters[n.Int64()]
	}
	return string(text), nil
}

// GrantRead allows reading the secret's value and links its ARN as <NAME>_SECRET_ARN. With a KMSKey of its own it also allows decrypting by
// that key.
func (s *Secret) GrantRead() policies.Grant {
	return s.grant(policies.GetSecretValue)
}

// GrantRotate allows what a function needs to give the secret a new value, step by step, and links its ARN as <NAME>_SECRET_ARN; see
// [Secret.RotateBy].
func (s *Secret) GrantRotate() policies.Grant {
	return s.grant(policies.DescribeSecret, policies.GetSecretValue, policies.PutSecretValue, policies.UpdateSecretVersionStage)
}

func (s *Secret) grant(actions ...string) policies.Grant {
	grant := policies.Grant{
		Statements: []policies.Statement{{Actions: actions, Resources: []pulumi.StringInput{s.ARN}}},
		Links:      []policies.Link{{Variable: variable(s.logicalName, "SECRET_ARN"), Value: s.ARN, Resource: s.logicalName + " (Secret)"}},
	}
	if s.kmsKey != nil {
		uses := []string{string(policies.Decrypt)}
		if len(actions) > 1 {
			uses = append(uses, string(policies.GenerateDataKey)) // Secrets Manager encrypts what is put with a key of the caller's making
		}
		grant.Statements = append(grant.Statements, policies.Statement{Actions: uses, Resources: []pulumi.StringInput{s.kmsKey}})
	}
	return grant
}

// RotationArgs says how often a secret changes.
type RotationArgs struct {
	// EveryDays is the time between two values: 1–90. Default 30.
	EveryDays int
	// Later waits for the first rotation until it is due. Default: the secret is rotated at once, which shows that it works.
	Later bool
}

// RotateBy lets Secrets Manager call a function that gives the secret a new value: with the steps createSecret, setSecret, testSecret and
// finishSecret ("Rotation by Lambda function" in its user guide). The function needs [Secret.GrantRotate]. A secret has one rotation.
func (s *Secret) RotateBy(ctx *pulumi.Context, f *Function, args *RotationArgs) error {
	if args == nil {
		args = &RotationArgs{}
	}
	p := check("Secret", s.logicalName)
	p.want(f != nil, "RotateBy", nil, "a function")
	p.want(!s.rotated, "RotateBy", "a second function", "one function")
	p.want(args.EveryDays >= 0 && args.EveryDays <= maxRotationDays, "EveryDays", args.EveryDays, "1–90 days, or 0 for the default of 30")
	if err := p.err(); err != nil {
		return err
	}
	s.rotated = true
	permission, err := f.allow(ctx, s.logicalName+"-rotation", "secretsmanager.amazonaws.com", s.ARN, pulumi.Parent(s))
	if err != nil {
		return wrap("Secret", s.logicalName, err)
	}
	_, err = secretsmanager.NewSecretRotation(ctx, s.logicalName+"-rotation", &secretsmanager.SecretRotationArgs{
		SecretId:          s.ARN,
		RotationLambdaArn: f.ARN,
		RotateImmediately: pulumi.Bool(!args.Later),
		RotationRules: &secretsmanager.SecretRotationRotationRulesArgs{
			AutomaticallyAfterDays: pulumi.Int(or(args.EveryDays, defaultRotationDays)),
		},
	}, pulumi.Parent(s), pulumi.DependsOn([]pulumi.Resource{permission})) // Secrets Manager tries whether it may call the function
	return wrap("Secret", s.logicalName, err)
}

func (a *SecretArgs) recoveryDays() int {
	if a.DisableRecovery {
		return 0
	}
	return or(a.RecoveryWindowDays, maxRecoveryDays)
}

// maxSecretDescription is Secrets Manager's.
const maxSecretDescription = 2048

func (a *SecretArgs) validate(name string) error {
	p := check("Secret", name)
	p.want(utf8.RuneCountInString(a.Description) <= maxSecretDescription, "Description", utf8.RuneCountInString(a.Description), "at most 2048 characters")
	p.want(a.Length == 0 || a.Length >= minSecretLength && a.Length <= maxSecretLength, "Length", a.Length, "16–4096 characters, or 0 for the default of 32")
	p.want(!a.SetByOperator || a.Length == 0, "Length", a.Length, "0, since SetByOperator generates no value")
	p.want(a.RecoveryWindowDays == 0 || a.RecoveryWindowDays >= minRecoveryDays && a.RecoveryWindowDays <= maxRecoveryDays,
		"RecoveryWindowDays", a.RecoveryWindowDays, "7–30 days, or 0 for the default of 30")
	p.want(!a.DisableRecovery || a.RecoveryWindowDays == 0, "RecoveryWindowDays", a.RecoveryWindowDays, "0, since DisableRecovery is set")
	return p.err()
}
