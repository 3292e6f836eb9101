package guardrails

import (
	"slices"
	"strings"
)

const (
	userPool     = "aws:cognito/userPool:UserPool"
	identityPool = "aws:cognito/identityPool:IdentityPool"
	iamRole      = "aws:iam/role:Role"
	iamPolicy    = "aws:iam/policy:Policy"
	rolePolicy   = "aws:iam/rolePolicy:RolePolicy"
	userPolicy   = "aws:iam/userPolicy:UserPolicy"
	groupPolicy  = "aws:iam/groupPolicy:GroupPolicy"
)

// identityPolicies are the resources that say what an identity may do.
var identityPolicies = []string{iamPolicy, rolePolicy, userPolicy, groupPolicy, iamRole}

// eachPermission checks every statement of an identity's policies.
func (v *Verdict) eachPermission(r Resource, check func(statement)) {
	if r.Type != iamRole {
		v.eachStatement(r.At("policy"), check)
		return
	}
	for _, p := range r.At("inlinePolicies").Each() {
		if p.At("policy").Set() == Yes {
			v.eachStatement(p.At("policy"), check)
		}
	}
}

var cognitoRules = []Rule{
	{
		ID: "Cognito.1", Source: fsbp, Severity: Medium,
		Title: "Cognito user pools should have threat protection activated with full function enforcement mode for standard authentication",
		Why:   "Without it a stolen password, tried from anywhere, is as good as the customer's own.",
		Types: []string{userPool}, Check: want([]any{"ENFORCED"}, "userPoolAddOns", "advancedSecurityMode"),
	},
	{
		ID: "Cognito.2", Title: "Cognito identity pools should not allow unauthenticated identities", Source: fsbp, Severity: Medium,
		Why:   "Unauthenticated identities are AWS credentials for everybody.",
		Types: []string{identityPool},
		Check: wantNot([]any{true}, "allowUnauthenticatedIdentities"),
	},
	{
		ID: "Cognito.3", Title: "Password policies for Cognito user pools should have strong configurations", Source: fsbp, Severity: Medium,
		Why:   "Short and simple passwords are guessed.",
		Types: []string{userPool},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			policy := r.At("passwordPolicy")
			v.Want(policy.At("minimumLength").AtLeast(8), "passwordPolicy.minimumLength = "+policy.At("minimumLength").String()+", want at least 8")
			for _, kind := range []string{"requireLowercase", "requireUppercase", "requireNumbers", "requireSymbols"} {
				v.Is(policy.At(kind), true)
			}
			days := policy.At("temporaryPasswordValidityDays")
			v.Want(days.AtLeast(8).Not().And(days.AtLeast(1)), days.path+" = "+days.String()+", want 1–7")
		},
	},
	{
		ID: "Cognito.4", Source: fsbp, Severity: Medium,
		Title: "Cognito user pools should have threat protection activated with full function enforcement mode for custom authentication",
		Why:   "Sign-in by triggers, such as links in e-mails, is attacked like any other.",
		Types: []string{userPool}, Check: want([]any{"ENFORCED"}, "userPoolAddOns", "advancedSecurityAdditionalFlows", "customAuthMode"),
	},
	{
		ID: "Cognito.5", Title: "MFA should be enabled for Cognito user pools", Source: fsbp, Severity: Medium,
		Why:   "A second factor stops whoever has the password. Optional is enough for customers: who wants one can have it.",
		Types: []string{userPool}, Check: want([]any{"ON", "OPTIONAL"}, "mfaConfiguration"),
	},
	{
		ID: "Cognito.6", Title: "Cognito user pools should have deletion protection enabled", Source: fsbp, Severity: Medium,
		Why:   "Users cannot be brought back: nobody has their passwords.",
		Types: []string{userPool}, Check: want([]any{"ACTIVE"}, "deletionProtection"),
	},
}

var iamRules = []Rule{
	{
		ID: "IAM.1", Title: `IAM policies should not allow full "*" administrative privileges`, Source: fsbp, Severity: High,
		Why:   "Whoever takes over a role that may do everything owns the account.",
		Types: identityPolicies,
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.eachPermission(r, func(s statement) {
				everything := s.allows() && slices.Contains(s.Action, "*") && slices.Contains(s.Resource, "*")
				v.Want(answer(!everything), `the policy allows "*" on "*", want exact actions on exact resources`)
			})
		},
	},
	{
		ID: "IAM.2", Title: "IAM users should not have IAM policies attached", Source: fsbp, Severity: Low,
		Why:   "The shop has no IAM users: people come by federation, and machines have roles.",
		Types: []string{userPolicy, "aws:iam/userPolicyAttachment:UserPolicyAttachment"},
		Check: func(v *Verdict, _ Resource, _ *Stack) { v.Want(No, "a policy for an IAM user, want a role") },
	},
	{
		ID: "IAM.21", Title: "IAM customer managed policies that you create should not allow wildcard actions for services", Source: fsbp, Severity: Low,
		Why:   "service:* also allows what the service will be able to do next year.",
		Types: []string{iamPolicy},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.eachPermission(r, func(s statement) {
				for _, a := range s.Action {
					v.Want(answer(!s.allows() || !strings.HasSuffix(a, ":*")), "the policy allows "+a+", want exact actions")
				}
			})
		},
	},
	{
		ID: "KMS.1", Title: "IAM customer managed policies should not allow decryption actions on all KMS keys", Source: fsbp, Severity: Medium,
		Why:   "Who may decrypt with every key can read what the next team encrypts.",
		Types: []string{iamPolicy}, Check: noDecryptionWithAllKeys,
	},
	{
		ID: "KMS.2", Title: "IAM principals should not have IAM inline policies that allow decryption actions on all KMS keys", Source: fsbp, Severity: Medium,
		Why:   "Who may decrypt with every key can read what the next team encrypts.",
		Types: []string{rolePolicy, userPolicy, groupPolicy, iamRole}, Check: noDecryptionWithAllKeys,
	},
	{
		ID: "KMS.4", Title: "AWS KMS key rotation should be enabled", Source: nist, Severity: Medium,
		Why:   "A rotated key limits how much one leaked key opens.",
		Types: []string{"aws:kms/key:Key"}, Applies: func(r Resource, _ *Stack) bool { return r.At("customerMasterKeySpec").Set() == No },
		Check: wantTrue("enableKeyRotation"),
	},
	{
		ID: "KMS.5", Title: "KMS keys should not be publicly accessible", Source: fsbp, Severity: Critical,
		Why:   "A key that everybody may use protects nothing.",
		Types: []string{"aws:kms/key:Key", "aws:kms/keyPolicy:KeyPolicy"}, Check: wantNotPublic("policy"),
	},
}

func noDecryptionWithAllKeys(v *Verdict, r Resource, _ *Stack) {
	v.eachPermission(r, func(s statement) {
		decrypts := slices.ContainsFunc(s.Action, func(a string) bool {
			return slices.Contains([]string{"*", "kms:*", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncrypt*"}, a)
		})
		all := slices.ContainsFunc(s.Resource, func(arn string) bool {
			return arn == "*" || strings.HasPrefix(arn, "arn:") && strings.Contains(arn, ":kms:") && strings.HasSuffix(arn, "key/*")
		})
		v.Want(answer(!s.allows() || !decrypts || !all), "the policy allows decryption with all keys, want the keys' ARNs")
	})
}
